/** A row that a task cannot use: a text that is empty, a label that nobody knows, an answer that its text does not hold. */
import { LEDError } from "../errors.ts";

/** Its `operation` is the row's place. Preparing features with `on_bad_row: "skip"` leaves such rows out and counts them. */
export class BadRowError extends LEDError {}
