/**
 * Model folders in a browser: names lead to fetch (browser-resolve.ts), whose code is loaded with the first name. Who gives the
 * contents of a tokenizer's files never loads it.
 */
import { FileError } from "../errors.ts";
import { provideModelFolders } from "../model-folders.ts";

export { env } from "./browser-env.ts";

provideModelFolders({
  async resolve(source, options) {
    const { resolveFetched } = await import("./browser-resolve.ts");
    return resolveFetched(source, options);
  },
  open(path) {
    throw new FileError({
      operation: `write to ${JSON.stringify(path)}`,
      expected: "`Files` to write to",
      got: "a path, and a browser has no folders",
      fix: "Give memoryFiles([]) and take its `contents`.",
    });
  },
});
