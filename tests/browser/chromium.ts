/** A Chromium of this machine: CHROMIUM_PATH, or the first on the PATH. None is downloaded. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export function findChromium({ CHROMIUM_PATH, PATH = "" } = process.env): string | undefined {
  const tried = CHROMIUM_PATH
    ? [CHROMIUM_PATH]
    : names.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)));
  return tried.find((path) => existsSync(path));
}

/** Why there is nothing to run, or false. */
export const noChromium: string | false =
  findChromium() === undefined && `no browser: set CHROMIUM_PATH, or have one of ${names.join(", ")} on the PATH`;
