import { describe, expect, it } from "vitest";
import {
  fastFixture as fixture,
  type MethodCase,
  type Outcome,
  outcomeOf,
  revived,
  tinyFast,
  wordsOf,
} from "../../../tests/support/fast-tokenizer-fixture.ts";
import type { LEDTokenizer, LEDTokenizerFast } from "../index.ts";

type Tokenizer = LEDTokenizerFast | LEDTokenizer;

/** Python's positional arguments after the first that are keys of the options here. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  tokenize: ["pair"],
  encode: ["text_pair"],
  encode_plus: ["text_pair"],
  batch_encode_plus: [],
  prepare_for_model: ["pair_ids"],
  truncate_sequences: ["pair_ids"],
  decode: [],
  batch_decode: [],
};

/** Python's keyword arguments that are positional here, after the arguments without a name. */
const placesOf: Readonly<Record<string, readonly string[]>> = {
  convert_ids_to_tokens: ["skip_special_tokens"],
  get_special_tokens_mask: ["pair_ids", "already_has_special_tokens"],
  num_special_tokens_to_add: ["pair"],
};

function call(tokenizer: Tokenizer, { method, args, options }: MethodCase): unknown {
  const target = tokenizer as unknown as Record<string, (...args: unknown[]) => unknown>;
  const given = args.map(revived);
  const named = revived(options) as Record<string, unknown>;
  const keys = keysOf[method];
  if (keys !== undefined) {
    const [first, ...more] = given;
    return target[method]!(first, { ...Object.fromEntries(more.map((arg, i) => [keys[i]!, arg])), ...named });
  }
  const rest = (placesOf[method] ?? []).slice(Math.max(0, given.length - (method.startsWith("num") ? 0 : 1)));
  return target[method]!(...given, ...rest.map((name) => named[name]));
}

interface Choice {
  readonly what: string;
  readonly concerns: (row: MethodCase) => boolean;
  readonly check: (outcome: Outcome) => void;
}

/** Where LEDTokenizerFast chooses otherwise than the reference. */
const choices: readonly Choice[] = [
  {
    what: "a token that nothing has is an error where there is no <unk>; the reference gives None",
    concerns: ({ settings, method }) => method === "convert_tokens_to_ids" && settings.unk_token === null,
    check: ({ raises }) => expect(raises).toContain('expected "nope", or the unknown token null, in the vocabulary'),
  },
  {
    what: "no token is no token: the reference gives None for None",
    concerns: ({ method, args, gives }) => method === "convert_tokens_to_ids" && args[0] === null && gives === null,
    check: ({ raises }) => expect(raises).toContain("convert_tokens_to_ids: expected tokens as strings, got null"),
  },
  {
    what: "an id that nothing can have has no token; the native library refuses those outside 32 bits",
    concerns: ({ method, args, raises }) =>
      method === "convert_ids_to_tokens" && raises?.startsWith("OverflowError") === true && args.flat().length === 1,
    check: ({ gives }) => expect([gives].flat()).toEqual([null]),
  },
  {
    what: "and decodes to nothing",
    concerns: ({ method, args }) => method === "decode" && [args[0]].flat().includes(4294967296),
    check: ({ gives }) => expect(gives).toBe(""),
  },
  {
    what: "ids are whole numbers; Python cuts 1.7 and reads texts and booleans",
    concerns: ({ method, args, gives }) =>
      ["convert_ids_to_tokens", "decode"].includes(method) &&
      gives !== undefined &&
      [args[0]].flat().some((id) => !Number.isInteger(id)),
    check: ({ raises }) => expect(raises).toMatch(/expected (a whole number or a row of them|one row of ids)/),
  },
  {
    what: "68.0 is 68: Python's is no integer",
    concerns: ({ method, args, raises }) =>
      method === "decode" && JSON.stringify(args) === "[[68]]" && raises !== undefined,
    check: ({ gives }) => expect(gives).toBe("a"),
  },
  {
    what: "ids of prepare_for_model are whole numbers; the reference passes anything on",
    concerns: ({ method, args, gives }) =>
      method === "prepare_for_model" && gives !== undefined && args.flat(2).includes("a"),
    check: ({ raises }) => expect(raises).toContain("prepare_for_model: expected one row of ids"),
  },
  {
    what: "unknown options are refused; the reference swallows them in decode and prepare_for_model",
    concerns: ({ options, gives }) => ("foo" in options || "use_source_tokenizer" in options) && gives !== undefined,
    check: ({ raises }) => expect(raises).toMatch(/expected options among .*, got `(foo|use_source_tokenizer)`/),
  },
  {
    what: "offsets without a text are refused; the reference ignores the option",
    concerns: ({ method, options }) => method === "prepare_for_model" && "return_offsets_mapping" in options,
    check: ({ raises }) => expect(raises).toContain("got `return_offsets_mapping`. Call the tokenizer on the text."),
  },
  {
    what: "`errors` works; the reference takes it and always replaces",
    concerns: ({ settings, method }) => method === "decode" && "errors" in settings && settings.errors !== "replace",
    check: (outcome) =>
      expect([undefined, "ab", "a\\xe2\\x82b"], JSON.stringify(outcome)).toContain(outcome.gives as string),
  },
];

function check(outcome: Outcome, expected: Outcome): void {
  if (expected.raises !== undefined) {
    expect(outcome.raises ?? outcome).toContain(wordsOf(expected.raises));
    return;
  }
  expect(outcome.raises).toBeUndefined();
  expect(outcome.gives).toEqual(expected.gives);
  expect(outcome.says ?? []).toEqual(expected.says ?? []);
}

const label = ({ settings, method, args, options }: MethodCase): string =>
  `${method} ${JSON.stringify([settings, args, options]).slice(0, 130)}`;

describe("methods of LEDTokenizerFast, as transformers 4.37.2", () => {
  it.each(fixture.methods.map((row) => [label(row), row] as const))("%s", async (_, row) => {
    const tokenizer = await tinyFast(row.settings);
    const outcome = await outcomeOf(() => call(tokenizer, row));
    const choice = choices.find(({ concerns }) => concerns(row));
    if (choice === undefined) check(outcome, row);
    else choice.check(outcome);
  });
});

describe("the choices", () => {
  it.each(choices)("concern a call of the reference: $what", ({ concerns }) => {
    expect(fixture.methods.some(concerns)).toBe(true);
  });
});

describe("pad, as transformers 4.37.2", () => {
  const inPlace = fixture.pads.find(({ about }) => about !== undefined)!;
  const rows = fixture.pads.filter(({ about }) => about === undefined);

  it("pads an encoding in place, and what it gives has no lookups any more", async () => {
    const tokenizer = await tinyFast();
    const encoding = tokenizer(inPlace.text!);
    const padded = tokenizer.pad(encoding, inPlace.options);
    expect([{ ...padded }, { ...encoding }, padded.is_fast]).toEqual([
      inPlace.gives,
      inPlace.given_now,
      inPlace.is_fast,
    ]);
  });

  it.each(rows.map((row) => [JSON.stringify([row.settings, row.encoded, row.options]), row] as const))(
    "%s",
    async (_, row) => {
      const tokenizer = await tinyFast(row.settings);
      check(await outcomeOf(() => tokenizer.pad(structuredClone(row.encoded) as object, row.options)), row);
    },
  );
});

describe("attributes that are set later, as transformers 4.37.2", () => {
  it.each(fixture.attributes.map((row) => [JSON.stringify([row.settings, row.set, row.options]), row] as const))(
    "%s",
    async (_, row) => {
      const tokenizer = await tinyFast(row.settings);
      const { _pad_token_type_id: pad_token_type_id, ...set } = revived(row.set) as Record<string, unknown>;
      Object.assign(tokenizer, set, pad_token_type_id === undefined ? {} : { pad_token_type_id });
      check(await outcomeOf(() => tokenizer(row.text as never, row.options)), row);
      const after = await outcomeOf(() => ({
        special_tokens: tokenizer.all_special_tokens,
        special_ids: tokenizer.all_special_ids,
        built: tokenizer.build_inputs_with_special_tokens([5], [6]),
        length: tokenizer.length,
      }));
      check(after, row.after);
    },
  );
});
