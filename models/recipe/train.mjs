// Both embedded models: npm run train:embedded -- DATA WORK
//
// DATA holds train.jsonl.gz and validation.jsonl.gz. WORK/sentences/model will be the one that chooses sentences, WORK/embedded/model
// the one that writes. Each has a recipe of its own, which can be run alone.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./steps.mjs";

const [data, work] = process.argv.slice(2);
if (work === undefined) throw new Error("npm run train:embedded -- DATA WORK");
for (const name of ["sentences", "embedded"]) {
  run([fileURLToPath(new URL(`../${name}/recipe/train.mjs`, import.meta.url)), data, join(work, name)]);
}
