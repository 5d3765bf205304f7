/**
 * The two ends of the line between a program and a worker: what a child process and its parent are to each other, and what a
 * Worker and a page are. Messages arrive whole and in the order in which they were posted; structured cloning carries them.
 */
import type { ErrorClass } from "./error-parts.ts";

/** The program's end. */
export interface Channel {
  /** Messages posted to a worker that has ended are lost; `ended` has been or will be called. */
  post(message: object): void;
  /** Called once, before the first message is posted. */
  listen(events: ChannelEvents): void;
  /** Whether the worker keeps the program running. */
  hold(held: boolean): void;
  /** No message will be posted: the worker ends when it has nothing left to do. */
  close(): void;
  /** Ends the worker at once, in the middle of a computation too. */
  kill(): void;
}

export interface ChannelEvents {
  message(message: unknown): void;
  /** The last event. `how` goes on from "a worker that ": "ended with exit code 1". */
  ended(how: string): void;
}

/** A worker that has just been started. */
export interface StartedWorker {
  readonly channel: Channel;
  /** What this program has set, for the worker to do likewise. Data. */
  readonly settings: unknown;
  /** Classes of errors that only this place has. */
  readonly errors: readonly ErrorClass[];
}

/** The worker's end. */
export interface Port {
  /** Resolves when the message has left, so that what is posted in parts need not lie in memory whole. */
  post(message: object): Promise<void>;
  listen(message: (message: unknown) => void): void;
}
