/** Client and server over a MessageChannel, which is a worker's line in a browser too. */
import { afterEach, describe, expect, test } from "vitest";
import { EngineError, InvalidArgumentError } from "../errors.ts";
import { setLogger } from "../log.ts";
import { Tensor } from "../tensor.ts";
import type { Channel, ChannelEvents, Port } from "./channel.ts";
import { WorkerClient } from "./client.ts";
import { Codec } from "./codec.ts";
import { type CallContext, type Handlers, serve } from "./serve.ts";

const disposals: (() => void)[] = [];
afterEach(() => {
  setLogger(null);
  for (const dispose of disposals.splice(0)) dispose();
});

/** A client of these handlers, `held` as its channel is, and what makes an end of it. */
function connected(handlers: Handlers) {
  const { port1, port2 } = new MessageChannel();
  disposals.push(() => {
    port1.close();
    port2.close();
  });
  let events: ChannelEvents | undefined;
  const state = { held: false, killed: false, end: (how: string) => events?.ended(how) };
  const channel: Channel = {
    post: (message) => port1.postMessage(message),
    listen(given) {
      events = given;
      port1.onmessage = ({ data }) => given.message(data);
    },
    hold: (held) => {
      state.held = held;
    },
    close: () => state.end("ended with exit code 0"),
    kill: () => {
      state.killed = true;
    },
  };
  const port: Port = {
    async post(message) {
      port2.postMessage(message);
    },
    listen(message) {
      port2.onmessage = ({ data }) => message(data);
    },
  };
  const logger = serve(port, new Codec(), handlers);
  return { client: new WorkerClient(channel, new Codec(), "Model in a worker"), logger, state };
}

/** Waits until the signal of its call is aborted. */
function untilAborted(_: unknown, { signal, tell }: CallContext): Promise<never> {
  void tell("begun");
  return new Promise((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** A call that waits, aborted by `controller` and begun when `begun` resolves. */
function waitingCall(client: WorkerClient) {
  const controller = new AbortController();
  let call: Promise<unknown> | undefined;
  const begun = new Promise<void>((resolve) => {
    call = client.call("wait", null, { signal: controller.signal, listeners: { begun: () => resolve() } });
  });
  return { call, controller, begun };
}

test("calls are answered one after another, with what they tell before", async () => {
  const log: unknown[] = [];
  const { client, state } = connected({
    async slow({ n }: { n: number }, { tell, listens }) {
      log.push(`begin ${n}`);
      await new Promise((resolve) => setTimeout(resolve, 20 - 10 * n));
      expect(listens("half") && !listens("other")).toBe(true);
      void tell("half", new Tensor("int64", new BigInt64Array([BigInt(n)]), [1]));
      log.push(`end ${n}`);
      return n * 2;
    },
  });
  const listeners = { half: (value: unknown) => log.push((value as Tensor).at(0)) };
  expect(state.held).toBe(false);
  const calls = [0, 1].map((n) => client.call("slow", { n }, { listeners }));
  expect(state.held).toBe(true);
  expect(await Promise.all(calls)).toEqual([0, 2]);
  expect(log.filter((line) => typeof line === "string")).toEqual(["begin 0", "end 0", "begin 1", "end 1"]);
  expect(log.filter((line) => typeof line === "number")).toEqual([0, 1]);
  expect(state.held).toBe(false);
});

test("arguments are those of the moment of the call", async () => {
  const { client } = connected({ echo: (value: unknown) => value });
  const data = new Float32Array([1, 2]);
  const call = client.call("echo", data);
  data.fill(0);
  expect(await call).toEqual(new Float32Array([1, 2]));
});

test("errors of a call are its own, and a warning is the program's", async () => {
  const said: string[] = [];
  setLogger({ warn: (message) => said.push(message) });
  const { client, logger } = connected({
    fail() {
      logger.warn("careful");
      throw new InvalidArgumentError({ operation: "fail", expected: "less" });
    },
    functions: () => ({ f: () => 1 }),
  });
  await expect(client.call("fail", null)).rejects.toThrow(InvalidArgumentError);
  expect(said).toEqual(["careful"]);
  await expect(client.call("fail", () => 1)).rejects.toThrow(
    "Model in a worker, fail: expected data as `arguments`, which is all that crosses to a worker, got a function.",
  );
  await expect(client.call("functions", null)).rejects.toThrow("data as `result.f`");
  await expect(client.call("other", null)).rejects.toThrow("internal: other in a worker");
});

describe("aborts", () => {
  test("reject with the program's own reason: running, waiting for their turn, and before", async () => {
    const { client } = connected({ wait: untilAborted, echo: (value: unknown) => value });
    const first = waitingCall(client);
    const second = waitingCall(client);
    const third = client.call("echo", 3);
    await first.begun;
    const [one, two] = [{ one: 1 }, new Error("two")];
    second.controller.abort(two);
    await expect(second.call).rejects.toBe(two);
    first.controller.abort(one);
    await expect(first.call).rejects.toBe(one);
    expect(await third).toBe(3);
    await expect(client.call("echo", 4, { signal: AbortSignal.abort(two) })).rejects.toBe(two);
  });

  test("by a listener that throws: what it threw is the failure", async () => {
    const { client } = connected({ wait: untilAborted });
    const reason = new Error("enough");
    let told = 0;
    const begun = () => {
      told++;
      throw reason;
    };
    await expect(client.call("wait", null, { listeners: { begun } })).rejects.toBe(reason);
    expect(told).toBe(1);
  });
});

describe("a worker that is no more", () => {
  test("by a crash: open calls and later ones reject, saying how it ended", async () => {
    const { client, state } = connected({ wait: untilAborted });
    const { call, begun } = waitingCall(client);
    await begun;
    state.end("ended by SIGSEGV");
    const message =
      "Model in a worker: expected a worker that runs, got one that ended by SIGSEGV. Standard error may say why.";
    await expect(call).rejects.toThrow(EngineError);
    await expect(call).rejects.toThrow(message);
    await expect(client.call("wait", null)).rejects.toThrow(message);
    expect(state.held).toBe(false);
    await client.dispose();
  });

  test("by kill()", async () => {
    const { client, state } = connected({ wait: untilAborted });
    const { call } = waitingCall(client);
    client.kill();
    expect(state).toMatchObject({ killed: true, held: false });
    const message =
      "Model in a worker: expected a worker that runs, got one that was killed. Load the model again to go on.";
    await expect(call).rejects.toThrow(message);
    state.end("ended by SIGKILL");
    await expect(client.call("wait", null)).rejects.toThrow(message);
  });

  test("by dispose(), which lets the calls so far be answered", async () => {
    const log: string[] = [];
    const { client, state } = connected({
      echo: (value: string) => {
        log.push(value);
        return value;
      },
      dispose: () => log.push("dispose"),
    });
    const call = client.call("echo", "a");
    const disposed = client.dispose();
    expect(client.dispose()).toBe(disposed);
    await expect(client.call("echo", "b")).rejects.toThrow("got one that was disposed of. Load the model again");
    expect(await call).toBe("a");
    await disposed;
    expect(log).toEqual(["a", "dispose"]);
    expect(state.killed).toBe(false);
  });

  test("killed while it is disposed of", async () => {
    const { client, state } = connected({ wait: untilAborted, dispose: () => {} });
    const { call } = waitingCall(client);
    const disposed = client.dispose();
    client.kill();
    state.end("ended by SIGKILL");
    await expect(call).rejects.toThrow("got one that was killed");
    await disposed;
  });
});
