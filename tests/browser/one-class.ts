/** An application that uses the one class. */
export { LEDTokenizerFast } from "../../src/index-tokenizers.ts";
