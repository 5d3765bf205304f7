// @ts-check
/**
 * Marks the built commands as executable, which the compiler does not: npm does so when it installs a package from a registry, but npm 11
 * runs a clone's own commands as they lie there.
 */
import { chmodSync, readFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const { bin } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
for (const path of new Set(Object.values(bin))) chmodSync(new URL(path, root), 0o755);
