/** What a pipeline is made of. */
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";

export interface PipelineParts<Model> {
  /** The name under which it was asked for. */
  readonly task: string;
  readonly model: Model;
  readonly tokenizer: ByteLevelTokenizer;
}
