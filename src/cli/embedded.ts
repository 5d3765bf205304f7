/** The models that come with the package, so that `led summarize` works without a network. */
import { fileURLToPath } from "node:url";

const folder = (name: string) => fileURLToPath(new URL(`../../models/${name}`, import.meta.url));

/** What messages call them. With --model it is the one that writes. */
export const embeddedName = "embedded";

/** Writes summaries. */
export const embeddedPath = folder("embedded");

/** Chooses sentences. */
export const selectorPath = folder("sentences");

const better = "A larger model comes with --model, such as allenai/led-large-16384-arxiv.";

export const selectorNotice =
  "Sentences chosen by the embedded model, which goes by where and how they stand, not by what they mean " +
  `(see models/sentences/README.md). ${better}`;

export const writerNotice =
  "Using the embedded model that writes, a small one: expect rough summaries (see models/embedded/README.md). " +
  better;
