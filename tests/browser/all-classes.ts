/** An application that uses every class of the entry, and nothing else of it. */
export { AutoTokenizer, env, LEDTokenizer, LEDTokenizerFast } from "../../src/index-tokenizers.ts";
