/** What is read of PDFs: order, paragraphs, divided words, and what is no part of the text. */
import { describe, expect, test } from "vitest";
import { column, type PdfText, pdf } from "../../../tests/support/pdf-writer.ts";
import { pdfText } from "./pdf.ts";
import { pageAt } from "./pdf-text.ts";

const read = (pages: readonly (readonly PdfText[])[], settings = {}) => pdfText(pdf(pages, settings), "read a.pdf");

const first =
  "The old mill stood at the bend of the river for two hundred years. Farmers from nine villages brought their grain to it, " +
  "and the miller knew each of them by name. Nobody remembers who built its wheel.";
const second =
  "In the year of the great flood the water rose above the second floor. When it fell again the wheel was gone, and the mill " +
  "never turned again. The stones lie in the garden of the school.";
const third = "Children climb on the stones in every break between their lessons.";

const wide = { x: 60, width: 75 };

describe("paragraphs", () => {
  test("by the space between them", async () => {
    const page = [...column(first, { ...wide, y: 60 }), ...column(second, { ...wide, y: 120 })];
    expect((await read([page])).text).toBe(`${first}\n\n${second}`);
  });

  test("by their indent", async () => {
    const lines = column(first, { ...wide, y: 60, indent: 3 });
    const more = column(second, { ...wide, y: 60 + 12 * lines.length, indent: 3 });
    expect((await read([[...lines, ...more]])).text).toBe(`${first}\n\n${second}`);
  });

  test("by a line that ends early", async () => {
    const lines = column(first, { ...wide, y: 60 });
    const more = column(second, { ...wide, y: 60 + 12 * lines.length });
    expect((await read([[...lines, ...more]])).text).toBe(`${first}\n\n${second}`);
  });

  test("headings are none of the text below, also in two lines", async () => {
    const heading = column("A history of the mill at the bend", { ...wide, width: 20, y: 60, size: 18, pitch: 21 });
    const page = [...heading, ...column(first, { ...wide, y: 60 + 21 * heading.length })];
    expect((await read([page])).text).toBe(`A history of the mill at the bend\n\n${first}`);
  });

  test("items of a list, with lines that hang", async () => {
    const item = (text: string, y: number) => {
      const [one, ...rest] = column(text, { x: 72, y, width: 40 });
      return [{ ...one!, text: `\x95 ${one!.text}`, x: 60 }, ...rest];
    };
    const page = [...item(third, 60), ...item("Short.", 84), ...item(third, 96)];
    expect((await read([page])).text).toBe(`• ${third}\n\n• Short.\n\n• ${third}`);
  });

  test("lines at twice the distance are one paragraph", async () => {
    const page = [...column(first, { ...wide, y: 60, pitch: 24 }), ...column(second, { ...wide, y: 200, pitch: 24 })];
    expect((await read([page])).text).toBe(`${first}\n\n${second}`);
  });

  test("raised numbers stay in their line", async () => {
    const page = [
      { text: "The wheel was gone", x: 60, y: 60 },
      { text: "12", x: 168, y: 56, size: 6 },
      { text: "before noon.", x: 182, y: 60 },
    ];
    expect((await read([page])).text).toBe("The wheel was gone12 before noon.");
  });
});

describe("divided words", () => {
  const lines = (...texts: string[]) => texts.map((text, i) => ({ text, x: 60, y: 60 + 12 * i }));

  test("are whole again", async () => {
    const { text } = await read([lines("The miller and all of his neigh-", "bours came to the river.")]);
    expect(text).toBe("The miller and all of his neighbours came to the river.");
  });

  test("keep a hyphen that the document writes elsewhere", async () => {
    const { text } = await read([lines("He was well-known, and being well-", "known he was asked to speak.")]);
    expect(text).toBe("He was well-known, and being well-known he was asked to speak.");
  });

  test("keep it between two words of the document, unless it has them as one", async () => {
    const kept = await read([lines("They speak well of the", "organized miners, the well-", "organized ones.")]);
    expect(kept.text).toBe("They speak well of the organized miners, the well-organized ones.");
    const joined = await read([lines("In this formation lies the", "information, and this in-", "formation is old.")]);
    expect(joined.text).toBe("In this formation lies the information, and this information is old.");
  });

  test("keep it before a capital letter and between numbers", async () => {
    const { text } = await read([lines("They went from Stratford-", "Upon to see pages 12-", "15 of the book.")]);
    expect(text).toBe("They went from Stratford-Upon to see pages 12-15 of the book.");
  });

  test("are whole across pages", async () => {
    const { text, pages } = await read([lines("This is where the sen-"), lines("tence of the page ends.")]);
    expect(text).toBe("This is where the sentence of the page ends.");
    expect(pages.map(({ page }) => page)).toEqual([1, 2]);
    expect(text.slice(pages[1]!.start)).toBe("tence of the page ends.");
  });
});

describe("columns", () => {
  const left = column(first, { x: 60, y: 100, width: 36 });
  const right = column(second, { x: 320, y: 100, width: 36 });
  const title = { text: "Two columns about one mill and all that came of it", x: 100, y: 60, size: 14 };

  test.each([
    ["one after the other", [title, ...left, ...right]],
    ["line by line across", [title, ...left, ...right].sort((a, b) => a.y - b.y)],
    ["from the last to the first", [title, ...left, ...right].reverse()],
  ])("are read one after the other when they are drawn %s", async (_, page) => {
    expect((await read([page])).text).toBe(`${title.text}\n\n${first}\n\n${second}`);
  });

  test("a sentence goes on in the next column", async () => {
    const whole = `${first} ${second}`;
    const lines = column(whole, { x: 60, y: 100, width: 36 });
    const half = Math.ceil(lines.length / 2);
    const page = lines.map((line, i) => (i < half ? line : { ...line, x: 320, y: line.y - 12 * half }));
    expect((await read([page])).text).toBe(whole);
  });

  test("tables are read across", async () => {
    const rows = ["Wheat", "Barley", "Rye", "Oats", "Spelt", "Millet"].map((name, i) => [
      { text: name, x: 60, y: 60 + 12 * i },
      { text: String(120 + i), x: 300, y: 60 + 12 * i },
    ]);
    const { text } = await read([rows.flat()]);
    expect(text.split("\n\n")).toEqual(["Wheat 120", "Barley 121", "Rye 122", "Oats 123", "Spelt 124", "Millet 125"]);
  });
});

describe("what comes back on every page", () => {
  const page = (number: number, text: string, header = "A History of the Mill"): PdfText[] => [
    { text: header, x: 60, y: 30 },
    ...column(text, { ...wide, y: 80 }),
    { text: `Page ${number} of 3`, x: 280, y: 780 },
  ];

  test("is no part of the text", async () => {
    const { text, pages } = await read([page(1, first), page(2, second), page(3, third)]);
    expect(text).toBe(`${first}\n\n${second}\n\n${third}`);
    expect([0, first.length + 2, text.length - 1].map((place) => pageAt(pages, place))).toEqual([1, 2, 3]);
  });

  test("a number that goes on with the pages, beside a title that changes", async () => {
    const { text } = await read([page(1, first, "7 Mills"), page(2, second, "8 Floods"), page(3, third, "9 Schools")]);
    expect(text).toBe(`${first}\n\n${second}\n\n${third}`);
  });

  test("what a page begins with alone is", async () => {
    const { text } = await read([page(1, first, "One"), page(2, second, "Two"), page(3, third, "Three")]);
    expect(text).toBe(`One\n\n${first}\n\nTwo\n\n${second}\n\nThree\n\n${third}`);
  });

  test("a note at a page's foot does not divide a sentence", async () => {
    const lines = column(first, { ...wide, y: 80 });
    const note = { text: "1 A note about millers, in small print.", x: 60, y: 740, size: 7 };
    const { text, pages } = await read([[...lines.slice(0, 2), note], lines.slice(2)]);
    expect(text).toBe(`${first}\n\n${note.text}`);
    expect(pages.map((one) => one.page)).toEqual([1, 2, 1]);
  });

  test("a document of one page keeps all but the number 1", async () => {
    const { text } = await read([[...column(first, { ...wide, y: 80 }), { text: "1", x: 300, y: 780 }]]);
    expect(text).toBe(first);
  });
});

describe("directions", () => {
  test.each([90, 180, 270])("a page shown turned by %i degrees is read upright", async (rotate) => {
    // Text that is upright on the turned page runs the other way on the page itself.
    const at = (i: number) =>
      ({ 90: { x: 100 + 12 * i, y: 700 }, 180: { x: 500, y: 700 - 12 * i }, 270: { x: 500 - 12 * i, y: 100 } })[
        rotate
      ]!;
    const lines = column(first, { ...wide, y: 0 }).map(({ text }, i) => ({ text, ...at(i), turn: rotate }));
    expect((await read([lines], { rotate })).text).toBe(first);
  });

  test("a stamp along the edge and a mark across the page are none of the text", async () => {
    const page = [
      { text: "arXiv:0000.00000v1 1 Jan 2020", x: 30, y: 500, turn: 90, size: 14 },
      { text: "DRAFT", x: 200, y: 500, turn: 45, size: 60 },
      ...column(first, { ...wide, y: 60 }),
    ];
    expect((await read([page])).text).toBe(first);
  });
});

describe("what cannot be read", () => {
  test.each([
    [
      "a scan",
      () => pdf([[], []]),
      "expected a PDF with text in it, got 2 pages without any, such as a scan. Recognise its text first, such as ocrmypdf FILE NEW.",
    ],
    [
      "a password",
      () => pdf([[{ text: first, x: 60, y: 60 }]], { locked: true }),
      "expected a PDF that can be read, got one with a password. Save it without one, such as qpdf --decrypt FILE NEW --password=...",
    ],
    [
      "the first half of a file's first page",
      () => pdf([[{ text: first, x: 60, y: 60 }]]).slice(0, 100),
      "expected a PDF that can be read, got a damaged one (Invalid PDF structure) Is the file whole?",
    ],
  ])("%s", async (_, file, message) => {
    await expect(pdfText(file(), "read a.pdf")).rejects.toThrow(`read a.pdf: ${message}`);
  });

  test("a file whose table of objects is lost is read nevertheless", async () => {
    const whole = pdf([column(first, { ...wide, y: 60 })]);
    const end = Buffer.from(whole).indexOf("xref");
    const trailer = Buffer.from("trailer\n<< /Root 1 0 R >>\n");
    expect((await pdfText(Buffer.concat([whole.subarray(0, end), trailer]), "read a.pdf")).text).toBe(first);
  });
});

test("globals are left as they were", async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  await read([[{ text: "text", x: 60, y: 60 }]]);
  expect(before).not.toContain("DOMMatrix");
  expect(Object.getOwnPropertyNames(globalThis)).not.toContain("DOMMatrix");
});
