/**
 * Words without their English endings: M. F. Porter, "An algorithm for suffix stripping" (Program 14 (3), 1980), with the
 * departures of NLTK's PorterStemmer in its default mode, NLTK_EXTENSIONS, for which rouge-score's numbers are made. Each
 * departure is marked NLTK. Digits count as consonants, as there.
 */

/** [ending, what takes its place, whether the rest of the word allows it]. */
type Rule = readonly [suffix: string, replacement: string, allows: (stem: string, word: string) => boolean];

const always = (): boolean => true;
const measured = (stem: string): boolean => measure(stem) > 0;
const measuredTwice = (stem: string): boolean => measure(stem) > 1;

// NLTK: forms that the rules get wrong.
const irregular: ReadonlyMap<string, string> = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"],
]);

const plurals: readonly Rule[] = [
  ["sses", "ss", always],
  ["ies", "i", always],
  ["ss", "ss", always],
  ["s", "", always],
];

const mended: readonly Rule[] = [
  ["at", "ate", always],
  ["bl", "ble", always],
  ["iz", "ize", always],
];

const step2Rules: readonly Rule[] = [
  ["ational", "ate", measured],
  ["tional", "tion", measured],
  ["enci", "ence", measured],
  ["anci", "ance", measured],
  ["izer", "ize", measured],
  // Porter's own later change; the paper has abli -> able.
  ["bli", "ble", measured],
  ["alli", "al", measured],
  ["entli", "ent", measured],
  ["eli", "e", measured],
  ["ousli", "ous", measured],
  ["ization", "ize", measured],
  ["ation", "ate", measured],
  ["ator", "ate", measured],
  ["alism", "al", measured],
  ["iveness", "ive", measured],
  ["fulness", "ful", measured],
  ["ousness", "ous", measured],
  ["aliti", "al", measured],
  ["iviti", "ive", measured],
  ["biliti", "ble", measured],
  // NLTK.
  ["fulli", "ful", measured],
  // NLTK: the l counts to the stem, so that geologi is treated as archaeologi is.
  ["logi", "log", (_, word) => measured(word.slice(0, -3))],
];

const step3Rules: readonly Rule[] = [
  ["icate", "ic", measured],
  ["ative", "", measured],
  ["alize", "al", measured],
  ["iciti", "ic", measured],
  ["ical", "ic", measured],
  ["ful", "", measured],
  ["ness", "", measured],
];

const step4Rules: readonly Rule[] = [
  ["al", "", measuredTwice],
  ["ance", "", measuredTwice],
  ["ence", "", measuredTwice],
  ["er", "", measuredTwice],
  ["ic", "", measuredTwice],
  ["able", "", measuredTwice],
  ["ible", "", measuredTwice],
  ["ant", "", measuredTwice],
  ["ement", "", measuredTwice],
  ["ment", "", measuredTwice],
  ["ent", "", measuredTwice],
  ["ion", "", (stem) => measuredTwice(stem) && /[st]$/.test(stem)],
  ["ou", "", measuredTwice],
  ["ism", "", measuredTwice],
  ["ate", "", measuredTwice],
  ["iti", "", measuredTwice],
  ["ous", "", measuredTwice],
  ["ive", "", measuredTwice],
  ["ize", "", measuredTwice],
];

/** The stem of a word, in lower case. */
export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  const known = irregular.get(lower);
  if (known !== undefined) return known;
  // Porter's own later change: words of one or two letters stay.
  if (word.length <= 2) return lower;
  return step5(applied(applied(step2(step1c(step1b(step1a(lower)))), step3Rules), step4Rules));
}

/** The first rule whose ending the word has decides, whether it applies or not. */
function applied(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement, allows] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return allows(stem, word) ? stem + replacement : word;
  }
  return word;
}

/** Plurals. */
function step1a(word: string): string {
  // NLTK: dies becomes die, though flies becomes fli.
  if (word.length === 4 && word.endsWith("ies")) return word.slice(0, -1);
  return applied(word, plurals);
}

/** -ed and -ing. */
function step1b(word: string): string {
  // NLTK: died becomes die, spied becomes spi.
  if (word.endsWith("ied")) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith("eed")) return measured(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const cut = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
  const stem = word.slice(0, word.length - cut);
  if (cut === 0 || consonants(stem).every(Boolean)) return word;
  // What the ending took along is given back: conflat(ed), hopp(ing), fil(ing).
  if (/(?:at|bl|iz)$/.test(stem)) return applied(stem, mended);
  const last = stem.at(-1)!;
  if (stem.at(-2) === last && consonants(stem).at(-1)) return /[lsz]/.test(last) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

/** NLTK: y becomes i behind a consonant that is not the first letter; the paper asks for a vowel somewhere. */
function step1c(word: string): string {
  if (!word.endsWith("y") || word.length < 3) return word;
  const stem = word.slice(0, -1);
  return consonants(stem).at(-1) ? `${stem}i` : word;
}

function step2(word: string): string {
  // NLTK: -alli goes first, and what it leaves may have another ending of this step.
  if (word.endsWith("alli") && measured(word.slice(0, -4))) return step2(word.slice(0, -2));
  return applied(word, step2Rules);
}

/** A last e, then a double l. */
function step5(word: string): string {
  const stem = word.endsWith("e") ? word.slice(0, -1) : word;
  const m = measure(stem);
  const kept = stem !== word && (m > 1 || (m === 1 && !endsShort(stem))) ? stem : word;
  return kept.endsWith("ll") && measuredTwice(kept.slice(0, -1)) ? kept.slice(0, -1) : kept;
}

/** Which characters are consonants: all but a, e, i, o, u, and y behind a consonant. */
function consonants(word: string): boolean[] {
  const flags: boolean[] = [];
  for (let i = 0; i < word.length; i++) {
    const letter = word[i]!;
    flags.push(letter === "y" ? i === 0 || !flags[i - 1] : !"aeiou".includes(letter));
  }
  return flags;
}

/** Porter's m: how often a consonant follows a vowel. */
function measure(word: string): number {
  const flags = consonants(word);
  return flags.filter((consonant, i) => consonant && i > 0 && !flags[i - 1]).length;
}

/** Porter's *o: consonant, vowel, consonant at the end, the last not w, x or y. NLTK: also vowel and consonant alone. */
function endsShort(word: string): boolean {
  const flags = consonants(word);
  const [before, middle, last] = [flags.at(-3), flags.at(-2), flags.at(-1)];
  if (word.length === 2) return middle === false && last === true;
  return before === true && middle === false && last === true && !/[wxy]$/.test(word);
}
