/** The model that comes with the package, so that `led summarize` works without a network. */
import { fileURLToPath } from "node:url";

/** What messages call it. */
export const embeddedName = "embedded";

export const embeddedPath = fileURLToPath(new URL("../../models/embedded", import.meta.url));

export const embeddedNotice =
  "Using the embedded model, a small first one trained roughly: expect rough summaries (see models/embedded/README.md). " +
  "Better ones come with --model, such as allenai/led-large-16384-arxiv.";
