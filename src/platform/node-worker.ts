/**
 * Workers of Node: child processes. A thread would not do, for an engine's run cannot be interrupted and ending a thread during
 * one ends the whole process; a process can be killed.
 *
 * How they end with each other: a child whose parent is gone hears so when its event loop turns, which is after the engine's
 * run of the moment (a layer or a step), and ends. Ctrl-C in a terminal reaches both.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EngineError, InvalidArgumentError } from "../errors.ts";
import { assignedEnv, type Env, env, HubResponseError, OfflineError } from "../hub/index.ts";
import type { Channel, Port, StartedWorker } from "../workers/channel.ts";
import type { ErrorClass } from "../workers/error-parts.ts";

export const nodeErrors: readonly ErrorClass[] = [
  ["HubResponseError", HubResponseError],
  ["OfflineError", OfflineError],
];

interface Settings {
  readonly env: Partial<Omit<Env, "fetch">>;
  readonly ownFetch: boolean;
}

export function startWorker(operation: string): StartedWorker {
  const { fetch, ...assigned } = assignedEnv();
  const settings: Settings = { env: assigned, ownFetch: fetch !== undefined };
  return { channel: channelTo(startProcess(operation)), settings, errors: nodeErrors };
}

/** In a child: sets what the program has set. */
export function applySettings(settings: unknown): void {
  const { env: assigned, ownFetch } = settings as Settings;
  Object.assign(env, assigned);
  if (!ownFetch) return;
  env.fetch = (url) => {
    throw new InvalidArgumentError({
      operation: `request ${url} in a worker`,
      expected: "`env.fetch` as it is by default",
      got: "a function, which does not cross to a worker",
      fix: "Load the model without `worker` once, and then from its folder or with local_files_only: true.",
    });
  };
}

function startProcess(operation: string): ChildProcess {
  // Beside this file as the build writes it, or as a source where this is one.
  const isSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(`../worker-process/main.${isSource ? "ts" : "js"}`, import.meta.url));
  if (!existsSync(entry)) {
    throw new EngineError({
      operation,
      expected: `the worker's program at ${entry}`,
      got: "no such file",
      fix: "Where a bundler puts the program in one file, keep led-transformers out of it (mark it as external).",
    });
  }
  return fork(entry, [], {
    // The program's own flags are about its entry (--eval, --test) or take a port (--inspect); those in NODE_OPTIONS count for both.
    execArgv: isSource ? ["--conditions=source"] : [],
    // Typed arrays as they are, rather than as JSON.
    serialization: "advanced",
    // What a child has to say is no output of the program.
    stdio: ["ignore", 2, 2, "ipc"],
  });
}

function channelTo(child: ChildProcess): Channel {
  return {
    post(message) {
      // Between the end of the child and its event a message would be an error; `ended` says it all.
      if (child.connected) child.send(message, () => {});
    },
    listen({ message, ended }) {
      let over = false;
      const end = (how: string) => {
        if (!over) ended(how);
        over = true;
      };
      child.on("message", message);
      child.once("exit", (code, signal) =>
        end(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`),
      );
      child.on("error", (error) => {
        // Other errors are of messages to a child that ends.
        if (child.pid === undefined) end(`ended before it began (${error.message})`);
      });
    },
    hold(held) {
      if (held) {
        child.ref();
        child.channel?.ref();
      } else {
        child.unref();
        child.channel?.unref();
      }
    },
    close() {
      if (child.connected) child.disconnect();
    },
    kill() {
      child.kill("SIGKILL");
    },
  };
}

/** In a child: the line to its parent. Where that is gone the child ends. */
export function parentPort(): Port {
  process.once("disconnect", () => process.exit());
  // It may have gone while this was being loaded.
  if (!process.connected) process.exit();
  return {
    post: (message) =>
      new Promise((resolve) => {
        if (process.connected && process.send) process.send(message, () => resolve());
        else resolve();
      }),
    listen(message) {
      process.on("message", message);
    },
  };
}
