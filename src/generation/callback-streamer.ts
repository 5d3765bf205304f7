/** A plain function as a streamer. */
import { BaseStreamer } from "./streamers.ts";

export class CallbackStreamer extends BaseStreamer {
  readonly #callback: (ids: readonly number[]) => void;

  constructor(callback: (ids: readonly number[]) => void) {
    super();
    this.#callback = callback;
  }

  /** The prompts of several examples come one after the other. */
  put(ids: readonly number[] | readonly (readonly number[])[]): void {
    this.#callback(ids.flat());
  }

  end(): void {}
}
