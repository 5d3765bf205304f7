/** `led tokenize FILE|-`: the tokens of a document, a line each, or as JSON. */

import { modelFolders } from "../model-folders.ts";
import { LEDTokenizer } from "../tokenizers/index.ts";
import { readDocument } from "./document.ts";
import { embeddedPath } from "./embedded.ts";

export interface TokenizeFlags {
  readonly model?: string;
  readonly json?: boolean;
}

export async function tokenize(path: string, flags: TokenizeFlags): Promise<void> {
  const text = await readDocument(path);
  const files = await modelFolders().resolve(flags.model ?? embeddedPath, { parts: ["tokenizer"] });
  const tokenizer = await LEDTokenizer.from_pretrained_files(files);
  const ids = tokenizer(text, { verbose: false }).input_ids as number[];
  const tokens = tokenizer.convert_ids_to_tokens(ids) as string[];
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ input_ids: ids, tokens })}\n`
      : tokens.map((token, at) => `${ids[at]}\t${token}\n`).join(""),
  );
}
