import { describe, expect, test } from "vitest";
import { cuesPerSentence, cueNames as names, sentenceCues } from "./sentence-cues.ts";
import { sentencesOf } from "./sentences.ts";

const cuesOf = (title: string, text: string) => {
  const { question, context, sentences } = sentenceCues(title, text, sentencesOf(text));
  const each = sentences.map((_, i) => context.slice(i * cuesPerSentence, (i + 1) * cuesPerSentence));
  return { question, each, sentences };
};

/** The places at which two sentences' cues differ. */
const differences = (a: string, b: string) => [...a].flatMap((cue, i) => (cue === b[i] ? [] : [names[i]]));

const filler = (count: number) =>
  Array.from({ length: count }, (_, i) => `The lamp of the quay is lit at dusk ${i}.`).join(" ");

describe("cues of sentences", () => {
  test("are characters of ASCII, equally many for each, of which none means two things", () => {
    const text = `# Ships\n\n${filler(300)}\n\n- How do they turn, you ask: with a rudder of 3 \`parts\`!`;
    const { question, each, sentences } = cuesOf("Ships", text);
    expect(each.length).toBe(sentences.length);
    expect(`${question}${each.join("")}`).toMatch(/^[!-~]+$/);
    const seen = names.map((_, i) => new Set(each.map((one) => one[i])));
    for (const [i, cues] of seen.entries()) {
      for (const cue of cues) expect(seen.filter((others) => others.has(cue)).length, `${names[i]} ${cue}`).toBe(1);
    }
    expect(each.some((one) => one.includes(question))).toBe(false);
  });

  test("are those that the embedded model was trained with: who changes them trains it again", () => {
    const text = `Introduction\n\nThis guide explains how ships turn. ${filler(2)}\n\n- In 3 steps you learn to steer \`left\`.\n`;
    const { question, each } = cuesOf("How ships turn", text);
    expect([question, ...each]).toEqual(["v", "!/5AIJRZ`mns", '"17?DJV\\bjos', "#27?DJY^bjos", "$36?DJT_dkqs"]);
  });

  test("leave out headings, items and code, unless there is nothing else", () => {
    const text = "Ships and boats\n\nA rudder turns the ship.\n\n- oars\n- sails\n\nSmall ships turn at once.\n";
    expect(cuesOf("", text).sentences).toEqual([1, 4]);
    expect(cuesOf("", "- oars\n- sails").sentences).toEqual([0, 1]);
    // Addresses and attributes are no words.
    const links = `[badge]: https://example.org/one/two/three?\n<img src="a.png" alt="b" width="2" height="3" class="d">?`;
    expect(cuesOf("", `${links}\nA rudder turns [the ship](https://example.org/ship).`).sentences.length).toBe(1);
  });

  test("are empty where nothing is a sentence", () => {
    expect(cuesOf("Ships", "---")).toMatchObject({ each: [], sentences: [] });
  });

  const base = "The ship lies at anchor in the bay tonight.";
  test.each([
    [
      "a word of the title",
      "The rudder lies at anchor in the bay tonight.",
      ["words of the title", "share of the title"],
    ],
    [
      "an inflection of it",
      "The rudders lie at anchor in the bay tonight.",
      ["words of the title", "share of the title"],
    ],
    ["more words", `${base.slice(0, -1)} and all of tomorrow, and the day after.`, ["length"]],
    ["the reader", "Your ship lies at anchor in the bay tonight.", ["opening"]],
    ["what the text is about", "The ship of this chapter lies in the bay tonight.", ["announcement"]],
    ["a number", "The ship lies at anchor in the bay 7.", ["signs"]],
  ])("tell %s", (_, sentence, expected) => {
    const [plain, other] = [base, sentence].map((one) => cuesOf("The rudder", `${filler(9)}\n\n${one}`).each[9]!);
    // The words that are left are compared with other sentences, too.
    const found = differences(plain!, other!).filter((name) => name !== "centrality" && name !== "likeness");
    expect(found).toEqual(expected);
  });

  test("tell where a sentence stands", () => {
    const paragraph = `${base} ${base} ${base}`;
    const { each } = cuesOf("", `Introduction\n\n${paragraph}\n\n${paragraph}\n\nConclusion\n\n- ${base}\n- ${base}\n`);
    expect(each.length).toBe(8);
    const place = each.map((one) => one[names.indexOf("place")]!);
    // First paragraph after a heading: first, second, later; another paragraph; items of a list.
    expect([place[0] === place[3], place[1] === place[4], place[2] === place[5]]).toEqual([false, false, true]);
    expect(new Set(place.slice(0, 3)).size).toBe(3);
    expect(place[6]).toBe(place[7]);
    expect(place.slice(0, 6)).not.toContain(place[6]);
    const section = each.map((one) => one[names.indexOf("section")]!);
    expect(new Set(section.slice(0, 6)).size).toBe(1);
    expect(section[6]).not.toBe(section[0]);
  });

  test("the likest to all others, and the one that shares nothing with them", () => {
    const likeness = names.indexOf("likeness");
    const shared = ["The keeper lights the harbour lamps.", "The keeper cleans the harbour lamps."];
    const text = [...shared, "Nobody expected seventeen foreign merchants.", "The harbour lamps need the keeper."].join(
      " ",
    );
    const values = cuesOf("", text).each.map((one) => one[likeness]!);
    expect(Math.min(...values.map((cue) => cue.charCodeAt(0)))).toBe(values[2]!.charCodeAt(0));
  });

  test("other scripts have sentences and words of their own", () => {
    const { each } = cuesOf("", "船は港に停泊している。船長は岸に立っている。 Корабль стоит на якоре в бухте.");
    expect(each.length).toBe(3);
  });
});
