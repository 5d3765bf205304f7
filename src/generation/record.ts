/** What a search keeps of its steps for the one who asked: scores, attentions, hidden states. */
import { Tensor } from "../tensor.ts";
import type { Observed, Wanted } from "./decoder.ts";

export interface Recording {
  readonly scores: boolean;
  readonly attentions: boolean;
  readonly hidden_states: boolean;
  readonly past_key_values: boolean;
}

export const nothingRecorded: Recording = {
  scores: false,
  attentions: false,
  hidden_states: false,
  past_key_values: false,
};

export class SearchRecord {
  readonly recording: Recording;
  /** Of each step, [rows, V]. */
  readonly scores: Tensor<"float32">[] = [];
  readonly observed: Observed[] = [];

  constructor(recording: Recording) {
    this.recording = recording;
  }

  /** What the decoder has to show for this record. */
  get wanted(): Wanted {
    const { attentions, hidden_states } = this.recording;
    return { attentions, hidden_states };
  }

  /** The scores a token is chosen by, copied; `add` is added to each row. */
  addScores(scores: Float32Array, vocabSize: number, add?: Float32Array): void {
    if (!this.recording.scores) return;
    const copy = scores.slice();
    if (add !== undefined) for (let i = 0; i < copy.length; i++) copy[i]! += add[Math.floor(i / vocabSize)]!;
    this.scores.push(new Tensor("float32", copy, [copy.length / vocabSize, vocabSize]));
  }

  addObserved(observed: Observed | undefined): void {
    if (observed !== undefined) this.observed.push(observed);
  }
}
