/** Rows to the fields of a BatchEncoding (transformers 4.37.2, tokenization_utils_fast.py: _convert_encoding), in its order. */
import type { EncodingFields } from "../batch-encoding.ts";
import type { PrepareOptions } from "../options.ts";
import type { Encoding } from "./encoding.ts";

export interface WantedFields {
  attention_mask: boolean;
  token_type_ids: boolean;
  pad_token_type_id: number;
}

export function fieldsOf(rows: readonly Encoding[], how: PrepareOptions, wanted: WantedFields): EncodingFields {
  const fields: EncodingFields = { input_ids: rows.map((row) => row.ids) };
  if (wanted.token_type_ids) {
    fields.token_type_ids = rows.map((row) =>
      row.attention_mask.map((attended) => (attended === 1 ? 0 : wanted.pad_token_type_id)),
    );
  }
  if (wanted.attention_mask) fields.attention_mask = rows.map((row) => row.attention_mask);
  if (how.return_special_tokens_mask) fields.special_tokens_mask = rows.map((row) => row.special_tokens_mask);
  if (how.return_offsets_mapping) fields.offset_mapping = rows.map((row) => row.offsets);
  if (how.return_length) fields.length = rows.map((row) => row.length);
  return fields;
}
