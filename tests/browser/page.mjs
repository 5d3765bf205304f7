// @ts-check
/** The page of tokenizers.browser.ts: the package as an application imports it, within reach of the test. */
import { AutoTokenizer, env, LEDTokenizer, LEDTokenizerFast } from "led-transformers/tokenizers";

Object.assign(globalThis, { led: { AutoTokenizer, env, LEDTokenizer, LEDTokenizerFast } });
