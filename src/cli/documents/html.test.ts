/** The text of HTML pages: what browsers show of them, without what helps to move about. */
import { describe, expect, test } from "vitest";
import { decodeHtml, htmlText } from "./html.ts";

const read = (html: string) => htmlText(html, "read a.html");

describe("text", () => {
  test.each([
    ["paragraphs and white space", "<p>One\n  and   more.\n<p>Two.", "One and more.\n\nTwo."],
    ["entities", "<p>R&amp;D &lt;b&gt; caf&eacute; &#8364;&nbsp;5", "R&D <b> café € 5"],
    ["inline elements", "<p>A <b>bold</b>, <a href='http://a.b'>linked</a><sup>2</sup> word", "A bold, linked2 word"],
    ["headings as they are written", "<h1>The River</h1><p>Flows.", "The River\n\nFlows."],
    ["line breaks", "<p>One<br>two", "One\ntwo"],
    ["lists", "<ul><li>One<li>Two</ul><ol start=3><li>Three</ol>", "- One\n- Two\n\n 3. Three"],
    ["tables", "<table><tr><th>Name<th>Age<tr><td><p>Ann</p><td> <div>3</div> </table>", "Name Age\nAnn 3"],
    ["definitions", "<dl><dt>Mill<dd>It grinds.</dl>", "Mill\nIt grinds."],
    ["soft hyphens and widths of space", "<p>fright&shy;ful&ensp;and&#8203; thin&thinsp;x", "frightful and thin x"],
    ["an unfinished page", "<body><div><p>Half a par", "Half a par"],
  ])("%s", async (_, html, text) => {
    expect(await read(html)).toBe(text);
  });

  test("without scripts, styles, forms, navigation and what is hidden", async () => {
    const page =
      "<html><head><title>T</title><style>p{}</style><script>var a = '<p>no</p>'</script></head><body>" +
      "<nav><a href=/>Home</a></nav><p>Yes.</p><p hidden>no</p><span aria-hidden=true>no</span><button>no</button>" +
      "<form><label>no</label></form><img alt=no src=x><svg><text>no</text></svg><script>no()</script></body></html>";
    expect(await read(page)).toBe("Yes.");
  });

  test("of the page's main part where it has one", async () => {
    const around = (inner: string) => `<body><header>Site</header>${inner}<footer>Imprint</footer>`;
    expect(await read(around("<main><p>Text.</p></main>"))).toBe("Text.");
    expect(await read(around("<main> </main><p>Text.</p>"))).toBe("Site\n\nText.\n\nImprint");
  });

  test("beyond 16 MB, which the library leaves out by itself", async () => {
    const text = await read(`<body>${`<p>${"x".repeat(1_000_000)}</p>`.repeat(17)}<p>The end.</p>`);
    expect(text.slice(-11)).toBe("x\n\nThe end.");
  });

  test("elements that are nested without end", async () => {
    await expect(read("<div>".repeat(50_000))).rejects.toThrow(
      "read a.html: expected HTML, got elements within elements, thousands deep. Extract its text first.",
    );
  });
});

describe("encoding", () => {
  const page = (head: string) => Buffer.from(`<html><head>${head}</head><p>caf\xe9 \x93x\x94`, "latin1");

  test.each([
    '<meta charset="windows-1252">',
    '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">',
  ])("%s", (head) => {
    expect(decodeHtml(page(head), "read a.html")).toContain("<p>café “x”");
  });

  test("of an XML declaration", () => {
    const xml = Buffer.from('<?xml version="1.0" encoding="ISO-8859-15"?><html><p>\xa4 5', "latin1");
    expect(decodeHtml(xml, "read a.html")).toContain("<p>€ 5");
  });

  test("UTF-8 where nothing else is said, and strictly", () => {
    expect(decodeHtml(Buffer.from("\ufeff<p>café"), "read a.html")).toBe("<p>café");
    expect(() => decodeHtml(page(""), "read a.html")).toThrow("got a byte that is no UTF-8 at 25");
    expect(() => decodeHtml(page("<meta charset=utf-8>"), "read a.html")).toThrow("got a byte that is no UTF-8");
  });

  test("that is none", () => {
    expect(() => decodeHtml(page('<meta charset="klingon">'), "read a.html")).toThrow(
      "read a.html: expected a page in a known encoding, got charset klingon. Convert it to UTF-8 first.",
    );
  });
});
