/**
 * A document as a model sees it that chooses sentences without reading their words: of each sentence one character per cue, such as
 * how far down it stands, how long it is, and how much of the title it repeats. What a model learns from cues holds for documents
 * of any subject; one that read the words of a few thousand documents learnt their authors' habits instead.
 *
 * A model belongs to the cues that it was trained with: who changes them trains it again (models/sentences/recipe).
 *
 * The characters are letters, digits and punctuation of ASCII, each of one meaning, so that a byte-level tokenizer without merges
 * gives one token for each, and every sentence is `cuesPerSentence` tokens.
 */
import { isProse, type Words, wordsOf } from "./sentence-words.ts";
import { listItem, type Sentence } from "./sentences.ts";

export interface SentenceCues {
  /** What is known of the document as a whole. */
  readonly question: string;
  /** Cues of the sentences, one sentence after the other. */
  readonly context: string;
  /** The sentences that have cues, in the document's order. */
  readonly sentences: readonly number[];
}

/** "!", the first visible character of ASCII: cue after cue has the next ones for its values, and none means two things. */
const first = 33;

const introduction =
  /\b(?:abstract|summary|overview|introduction|motivation|background|about|purpose|goals?|synopsis)\b/i;
const conclusion = /\b(?:conclusions?|summary|takeaways|discussion|results|outlook|closing)\b/i;
const openings: readonly RegExp[] = [
  /^(?:this|these)$/,
  /^(?:we|our|i)$/,
  /^the$/,
  /^(?:it|they|he|she|its|their|that|those|such)$/,
  /^(?:in|on|at|by|with|for|from|during|since|before|after|through|under)$/,
  /^(?:when|if|while|although|because|as|once|unless|where)$/,
  /^(?:an?|some|many|most|all|each|every)$/,
  /^(?:you|your)$/,
  /^(?:however|but|and|also|so|therefore|thus|finally|instead|additionally|moreover|for|note)$/,
];
const itself =
  /\b(?:this|the|our) (?:article|document|page|post|paper|proposal|chapter|section|guide|topic|tutorial|report|module|rfc|pep|eip|erc|cip|kep|standard|specification|enhancement|feature|blog|study|book|story|lesson|course|unit|case)\b/i;
const announcing =
  /\b(?:propos|describ|introduc|explain|learn|defin|provid|discuss|allow|enabl|present|explor|cover|show|specif|standardi[sz]|add|outlin|examin)\w*/i;

interface Reading {
  readonly text: string;
  readonly words: Words;
  /** Among the sentences with cues. */
  readonly rank: number;
  readonly count: number;
  readonly titleHits: number;
  readonly titleSize: number;
  readonly centrality: number;
  /** 0 to 1 among the document's sentences. */
  readonly likeness: number;
  /** In its paragraph: 0 and 1 its first sentence, 2 and 3 its second, the even ones after a heading; 4 a later one; 5 in a list. */
  readonly place: number;
  /** The heading above: 0 none, 1 an introduction's, 2 a conclusion's, 3 another. */
  readonly section: number;
}

interface Cue {
  readonly values: number;
  of(reading: Reading): number;
}

/** The number of edges that `value` has reached. */
const bucket = (value: number, edges: readonly number[]) => {
  let at = 0;
  while (at < edges.length && value >= edges[at]!) at++;
  return at;
};
const bucketed = (edges: readonly number[], of: (reading: Reading) => number): Cue => ({
  values: edges.length + 1,
  of: (reading) => bucket(of(reading), edges),
});

/** In the order in which a sentence has them. */
const cues: Readonly<Record<string, Cue>> = {
  rank: bucketed([1, 2, 3, 4, 5, 6, 8, 10, 13, 18, 27, 46, 91], ({ rank }) => rank),
  "share of the document": bucketed([0.05, 0.15, 0.35, 0.65, 0.85], ({ rank, count }) => rank / count),
  length: bucketed([7, 9, 11, 14, 17, 21, 26, 33, 43], ({ words }) => words.count),
  "words of the title": bucketed([1, 2, 3, 4], ({ titleHits }) => titleHits),
  "share of the title": bucketed(
    [0.01, 0.26, 0.51, 0.76, 0.99],
    ({ titleHits, titleSize }) => titleHits / Math.max(titleSize, 1),
  ),
  centrality: bucketed([0.7, 0.9, 1.1, 1.3, 1.5, 1.75, 2.1], ({ centrality }) => centrality),
  likeness: bucketed([0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.97], ({ likeness }) => likeness),
  place: { values: 6, of: ({ place }) => place },
  opening: {
    values: openings.length + 1,
    of: ({ words: { opening } }) => {
      const at = openings.findIndex((pattern) => pattern.test(opening));
      return at < 0 ? openings.length : at;
    },
  },
  announcement: { values: 4, of: ({ text }) => (itself.test(text) ? 2 : 0) + (announcing.test(text) ? 1 : 0) },
  signs: { values: 4, of: ({ text }) => (/[`{}<>=_/\\|]/.test(text) ? 2 : 0) + (/\d/.test(text) ? 1 : 0) },
  section: { values: 4, of: ({ section }) => section },
};

export const cueNames: readonly string[] = Object.keys(cues);
export const cuesPerSentence = cueNames.length;

/** Sentences of a document, of which the one cue of the document as a whole tells how many there are. */
const sizes = [8, 16, 32, 64, 128, 256, 512];

/** Cues of the prose among the sentences, or of all where there is none. `start` and `end` are places in `text`. */
export function sentenceCues(title: string, text: string, sentences: readonly Sentence[]): SentenceCues {
  const all = sentences.map(({ start, end }) => text.slice(start, end));
  const words = all.map(wordsOf);
  const prose = all.map(isProse);
  const chosen = prose.includes(true) ? [...all.keys()].filter((i) => prose[i]) : [...all.keys()];
  const titleStems = new Set(wordsOf(title).stems.keys());
  const frequency = new Map<string, number>();
  for (const { stems } of words) for (const [stem, n] of stems) frequency.set(stem, (frequency.get(stem) ?? 0) + n);
  const spread = new Map<string, number>();
  for (const { stems } of words) for (const stem of stems.keys()) spread.set(stem, (spread.get(stem) ?? 0) + 1);
  const likenesses = ranksOf(
    likenessToAll(
      chosen.map((i) => words[i]!),
      spread,
      all.length,
    ),
  );
  const places = placesOf(text, sentences, prose, all);

  let context = "";
  chosen.forEach((i, rank) => {
    const { stems } = words[i]!;
    let sum = 0;
    for (const stem of stems.keys()) sum += Math.log1p(frequency.get(stem)!);
    const reading: Reading = {
      text: all[i]!,
      words: words[i]!,
      rank,
      count: chosen.length,
      titleHits: [...stems.keys()].filter((stem) => titleStems.has(stem)).length,
      titleSize: titleStems.size,
      centrality: sum / (stems.size + 2),
      likeness: likenesses[rank]!,
      ...places[i]!,
    };
    let base = first;
    for (const { values, of } of Object.values(cues)) {
      context += String.fromCharCode(base + of(reading));
      base += values;
    }
  });
  const beyond = first + Object.values(cues).reduce((sum, { values }) => sum + values, 0);
  return {
    question: String.fromCharCode(beyond + bucket(chosen.length, sizes)),
    context,
    sentences: chosen,
  };
}

/** Cosine of each sentence with the sum of all, of words that count more the fewer sentences have them. */
function likenessToAll(words: readonly Words[], spread: ReadonlyMap<string, number>, count: number): number[] {
  const vectors = words.map(({ stems }) => {
    const vector = [...stems].map(
      ([stem, n]) => [stem, n * Math.log1p(count / (1 + spread.get(stem)!))] as [string, number],
    );
    const norm = Math.hypot(...vector.map(([, value]) => value)) || 1;
    return vector.map(([stem, value]) => [stem, value / norm] as const);
  });
  const sum = new Map<string, number>();
  for (const vector of vectors) for (const [stem, value] of vector) sum.set(stem, (sum.get(stem) ?? 0) + value);
  return vectors.map((vector) => vector.reduce((total, [stem, value]) => total + value * sum.get(stem)!, 0));
}

/** For each value the share of values below it. */
function ranksOf(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  order.forEach((index, rank) => {
    ranks[index] = rank / Math.max(values.length - 1, 1);
  });
  return ranks;
}

/** Where each sentence stands in its section and paragraph. */
function placesOf(
  text: string,
  sentences: readonly Sentence[],
  prose: readonly boolean[],
  all: readonly string[],
): Pick<Reading, "place" | "section">[] {
  let section = 0;
  let afterHeading = true;
  let firstParagraph = true;
  let inParagraph = 0;
  return sentences.map(({ start }, i) => {
    const gap = i === 0 ? "\n" : text.slice(sentences[i - 1]!.end, start);
    const startsLine = gap.includes("\n");
    const isItem = startsLine && listItem.test(text.slice(text.lastIndexOf("\n", start - 1) + 1, start + 3));
    if (!prose[i]) {
      if (startsLine && !isItem) {
        section = introduction.test(all[i]!) ? 1 : conclusion.test(all[i]!) ? 2 : 3;
        afterHeading = true;
      }
      return { place: 0, section };
    }
    if (startsLine) {
      firstParagraph = afterHeading;
      afterHeading = false;
      inParagraph = 0;
    } else inParagraph += 1;
    const place = isItem ? 5 : inParagraph > 1 ? 4 : 2 * inParagraph + (firstParagraph ? 0 : 1);
    return { place, section };
  });
}
