/** `led tokenize FILE|-`: the tokens of a document, a line each, or as JSON. */
import { LEDTokenizer } from "../tokenizers/index.ts";
import { readDocument } from "./document.ts";
import { embeddedName } from "./embedded.ts";
import { resolveModel } from "./model-source.ts";
import { progressBar } from "./progress.ts";

export interface TokenizeFlags {
  readonly model?: string;
  readonly json?: boolean;
}

export async function tokenize(path: string, flags: TokenizeFlags): Promise<void> {
  const text = await readDocument(path);
  const model = flags.model ?? embeddedName;
  const files = await resolveModel(model, progressBar(false), ["tokenizer"]);
  const tokenizer = await LEDTokenizer.from_pretrained(files);
  const ids = tokenizer(text, { verbose: false }).input_ids as number[];
  const tokens = tokenizer.convert_ids_to_tokens(ids) as string[];
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ model, input_ids: ids, tokens })}\n`
      : tokens.map((token, at) => `${ids[at]}\t${token}\n`).join(""),
  );
}
