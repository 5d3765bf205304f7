import { expect, test } from "vitest";
import { type AttendedSummary, attentionPage } from "./attention-page.ts";
import { passageOf } from "./passages.ts";
import type { SummaryAttention } from "./summarize-with-attention.ts";
import { unwrapLines } from "./unwrap-lines.ts";

/** Two sentences of a summary over those of `text`, which get the given weights. */
function attended(text: string, weights: SummaryAttention["weights"], summary = ["One.", "Two."]): AttendedSummary {
  const source_sentences = passageOf(text, unwrapLines(text).text).sentences.map(({ cited }) => cited);
  const average = source_sentences.map(() => 0.1);
  return {
    summary: { truncated_tokens: 0 },
    attention: {
      source_sentences,
      summary_sentences: summary,
      shares: weights,
      average,
      weights,
      whole: source_sentences.map((_, j) => (j === 0 ? 1 : 0)),
    },
  };
}

/** The document's lines as they would be read, without tags. */
function linesOf(html: string): string[] {
  return [...html.matchAll(/<div class="line" data-line="\d+">(.*)<\/div>/g)].map(([, line]) =>
    line!
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&"),
  );
}

const hostile = `<script>alert("1")</script> & more.\n</section><img src=x onerror='alert(2)'> stands here.`;

test("the document stands in it line by line, and nothing of it is markup", () => {
  const html = attentionPage(
    hostile,
    attended(
      hostile,
      [
        [1, 0],
        [0, 1],
      ],
      [hostile, '"><b>'],
    ),
    { title: hostile },
  );
  expect(linesOf(html)).toEqual(hostile.split("\n"));
  expect(html.match(/<script>/g)).toHaveLength(1);
  expect(html).not.toMatch(/<img|<b>|alert\("1"\)/);
  expect(html.match(/<\/section>/g)).toHaveLength(2);
});

test("a sentence over several lines is tinted on each and named once", () => {
  const text =
    "The lines of this paragraph were wrapped by an editor\nat some column, as lines of text files are. The end.\n\n---\nLast one";
  const html = attentionPage(
    text,
    attended(text, [
      [0.25, 0, 1],
      [0, 1, 0],
    ]),
  );
  expect(linesOf(html)).toEqual(text.split("\n"));
  expect(html).toContain('<span class="s" id="d0" style="--w0:1;--w1:.25">The lines of this paragraph');
  expect(html).toContain('<span class="s" style="--w0:1;--w1:.25">at some column, as lines of text files are.</span>');
  expect(html.match(/id="d0"/g)).toHaveLength(1);
  expect(html).toContain('<span class="s" id="d2" style="--w1:1">Last one</span>');
  expect(html).toContain('<a href="#d2">Line 5</a>: 100% of the attention');
  expect(html).toContain('id="c1" data-strongest="d2">');
});

test("what was not read is left out and said", () => {
  const text = "Read. Cut\nNever seen.";
  const { attention } = attended(text, [
    [1, 0],
    [0, 1],
  ]);
  const read = { ...attention, source_sentences: attention.source_sentences.slice(0, 2) };
  const html = attentionPage(text, { summary: { truncated_tokens: 7 }, attention: read });
  expect(linesOf(html)).toEqual(["Read. Cut"]);
  expect(html).toContain("The last 7 tokens of the document were not read.");
});

test("a summary of one sentence is one choice; without any there is the whole", () => {
  const text = "Some. Thing.";
  const one = attentionPage(text, attended(text, [[1, 0]], ["Only."]));
  expect(one.match(/type="radio"/g)).toHaveLength(1);
  expect(one).toContain('<label for="c0">Only.</label>');
  expect(attentionPage(text, attended(text, [], []))).toContain('<label for="c0">Whole summary</label>');
});

test("a document without sentences has its lines", () => {
  expect(linesOf(attentionPage("---\n***", attended("---\n***", [[], []])))).toEqual(["---", "***"]);
});

test("unknown options are refused", () => {
  expect(() => attentionPage("A.", attended("A.", [[1]], ["B."]), { titel: "x" } as object)).toThrow(/title/);
});
