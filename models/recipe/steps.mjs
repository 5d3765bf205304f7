// Steps of a recipe, each of which is skipped where its result is there already.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const led = fileURLToPath(new URL("../../dist/cli/led.js", import.meta.url));

/** Of a recipe that keeps its results in the folder `work`; `recipe` is the URL of the one that runs. */
export function stepsIn(work, recipe) {
  const at = (...names) => join(work, ...names);
  const script = (name) => fileURLToPath(new URL(name, recipe));
  const unlessThere = (result, command) => {
    if (!existsSync(at(result))) run(command);
  };
  return {
    at,
    /** Runs a script beside the recipe's. */
    script: (result, name, ...rest) => unlessThere(result, [script(name), ...rest]),
    /** Runs a command of `led`. */
    led: (result, ...rest) => unlessThere(result, [led, ...rest]),
    /** `led train`, which goes on from its last checkpoint where it was interrupted. */
    train(result, ...options) {
      if (existsSync(at(result, "model.safetensors"))) return;
      const begun = existsSync(at(result)) && readdirSync(at(result)).some((entry) => entry.startsWith("checkpoint-"));
      run([led, "train", "--output-dir", at(result), ...options, ...(begun ? ["--resume"] : [])]);
    },
  };
}

/** Ends the recipe where the command fails. */
export function run(command) {
  console.error(`> node ${command.join(" ")}`);
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
