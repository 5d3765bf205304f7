/** `led tokenize FILE|-`: the tokens of a document and where they are in it, a line each, or as JSON. */
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import { readDocument } from "./document.ts";
import { embeddedName } from "./embedded.ts";
import { resolveModel } from "./model-source.ts";
import { progressBar } from "./progress.ts";

export interface TokenizeFlags {
  readonly model?: string;
  readonly offsets?: boolean;
  readonly json?: boolean;
}

export async function tokenize(path: string, flags: TokenizeFlags): Promise<void> {
  const text = await readDocument(path);
  const model = flags.model ?? embeddedName;
  const files = await resolveModel(model, progressBar(false), ["tokenizer"]);
  const tokenizer = await LEDTokenizerFast.from_pretrained(files);
  const { input_ids, offset_mapping } = tokenizer(text, { return_offsets_mapping: true, verbose: false });
  const tokens = tokenizer.convert_ids_to_tokens(input_ids) as string[];
  const line = (at: number): string =>
    flags.offsets
      ? `${input_ids[at]}\t${offset_mapping![at]!.join("\t")}\t${tokens[at]}\n`
      : `${input_ids[at]}\t${tokens[at]}\n`;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ model, input_ids, tokens, offset_mapping })}\n`
      : tokens.map((_, at) => line(at)).join(""),
  );
}
