"""Writes rouge-score's scores and intervals and NLTK's stems: fixtures/rouge.json.

Words to stem are those of the pinned numpy's own texts, which no change of this repository moves, and stems with every
ending that the algorithm knows.
"""

import random
import re
from os.path import commonprefix
from pathlib import Path

import numpy as np
from fixture_file import FIXTURES, write_fixture
from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.scoring import BootstrapAggregator
from rouge_score.tokenize import tokenize

TYPES = [*(f"rouge{n}" for n in range(1, 10)), "rougeL", "rougeLsum"]

# Reference, prediction.
PAIRS = [
    ["", ""], ["", "a word"], ["a word", ""], ["   ", "\n"], ["\n\n", "text\n"], ["!!!", "..."], ["one", "one"], ["one", "two"],
    ["The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log."],
    ["police killed the gunman", "police kill the gunman"], ["police killed the gunman", "the gunman kill police"],
    ["police killed the gunman", "the gunman police killed"], ["a b c d e f g h i j", "a b c d e f g h i j"],
    ["a b c d e f g h i", "i h g f e d c b a"], ["a a a a", "a"], ["a", "a a a a"], ["a b a b a b", "b a b a"], ["the the the cat", "the cat the cat the"],
    ["w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"], ["w1 w2 w3 w4 w5\nw6 w7", "w1 w2\nw6 w7 w3\nw4 w5"],
    ["first line here\nsecond line there", "second line there\nfirst line here"], ["one\ntwo\nthree\nfour", "one two three four"],
    ["one two three four", "one\ntwo\nthree\nfour"], ["same same\nsame", "same\nsame same same"], ["x y z\nx y z", "x y z"], ["x y z", "x y z\nx y z"],
    ["a b\nb a\na b", "b\na b a\nb"], ["a\r\nb c\r\n", "b c\na"], ["a\u2028b", "a b\u2028"], ["tab\tseparated\tvalues", "values separated tab"],
    ["It costs $3.50, or 1,000-2,000 yen.", "it cost 3.50 or 1000 to 2000 yen"], ["2024-01-15", "15/01/2024"], ["x86_64 GPT-4", "gpt 4 on x86 64"],
    ["3 4 5 6", "5 6 7 8"], ["42", "42.0"], ["don't can't won't", "dont cant wont"], ["U.S.A. and U.K.", "USA and UK"], ["co-operate re-elect", "cooperate reelect"],
    ["Ein schöner Tag – nicht wahr?", "ein schoner tag nicht wahr"], ["naïve café résumé", "NAÏVE CAFÉ RÉSUMÉ"], ["naïve", "na ve"],
    ["日本 の 東京", "日本 の 東京"], ["東京 tower", "Tower of 東京"], ["\u0130stanbul \u212Aelvin", "istanbul kelvin"], ["straße STRASSE", "strasse"],
    ["ΑΣ sigma ας", "sigma"], ["emoji 😀 text", "emoji text 😀😀"], ["٣ three ³", "three 3"], ["a\u0301bc", "abc"], ["ﬁne ligature", "fine ligature"],
    ["running runners ran easily", "run runner runs easy"], ["relational conditional valences", "relate condition valence"], ["dying lying tying skies", "die lie tie sky"],
    ["dies died ties tied flies spied", "die die tie tie fly spy"], ["enjoy enjoyed enjoyment happy happily", "enjoys enjoying happiness"],
    ["generalization generalizations generally", "general generalize"], ["was his has gas", "wa hi ha ga"], ["agreed feed proceeds", "agree fee proceed"],
    ["archaeology geology theological", "archaeologist geologist theology"], ["hopefully hopefulness hoping hopping", "hope hop hopeful"],
    ["THE UPPER CASE", "the upper case"], ["word " * 40, "word " * 25], ["alpha beta " * 15, "beta alpha gamma " * 12],
    [
        "The committee approved the budget on Monday.\nIt raises spending on roads by 12%.\nOpponents said the plan was rushed.",
        "On Monday the committee approved a budget.\nSpending on roads rises by 12 percent.\nCritics said that the plans were rushed, opponents too.",
    ],
    [
        "Researchers trained models on long documents.\nThe attention was sparse.\n\nMemory grew linearly.",
        "A model is trained by researchers on documents that are long. Sparse attention was used.\nMemory growing linearly was measured.",
    ],
    [
        "we present a method for summarizing long documents . it uses local windows and global tokens .\nresults improve on three data sets .",
        "we present methods that summarize long documents with local windows .\nglobal tokens help .\nthe results on three sets improve .",
    ],
]

WORDS = "the of a to in model models training trained long document documents summary summaries attention window windows global token 12 it is was not".split()

MULTI = [
    [["the cat sat", "a cat sat on the mat"], "the cat sat on the mat"], [["", "x"], "y"], [["a b", "b a"], "a b"], [["b a c", "c a b"], "a b"],
    [["one two\nthree", "one\ntwo three", "three two one"], "one two three"], [["police killed the gunman"], "police kill the gunman"],
    [["short", "a much longer reference about models being trained"], "models are trained"], [["a a b", "a b b"], "a b"],
]

# The paper's examples, and letters that decide rules.
STEMS = """relat condition rat valen hesit digit conform radic differ vil analog vietnam predic oper feud decis hope call form sensit sensib triplic electr good
reviv allow infer airlin gyroscop adjust defens irrit replac depend adopt homolog commun activ angular effect bowdler prob ceas controll roll geolog
archaeolog conflat troubl siz hopp tann fall hiss fizz fail fil enjo spl fl happ ski y by toy syzyg tree feed agr sk x ow a b1 1 yy ay""".split()
ENDINGS = """s es ies sses ss e ed ied eed ing ying y ly ation ational tional enci ency anci izer bli ably alli ally entli ently eli ely ousli ously
ization ator alism iveness fulness ousness aliti ality iviti biliti bility fulli fully logi logy icate ative alize iciti ical ful ness al ance ence er ic
able ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize ll""".split()


def pairs():
    rng = random.Random(11)
    result = list(PAIRS)
    for size in [3, 8, 8, 20, 20, 45, 45, 90]:
        text = lambda: "".join(rng.choice(WORDS) + rng.choice([" ", " ", " ", "\n", ", "]) for _ in range(size))
        result.append([text(), text()])
    return result


def by_type(scores):
    return [[float(value) for value in scores[name]] for name in TYPES]


def stems():
    words = {stem + ending for stem in STEMS for ending in ["", *ENDINGS]}
    numpy = Path(np.__file__).parent
    for folder in ["core", "lib", "ma", "linalg", "fft", "random", "polynomial"]:
        for path in sorted((numpy / folder).glob("*.py")):
            # Only whole words in small letters, of which a text has several forms; names in code are mostly cut off.
            words.update(re.findall(r"(?<= )[a-z]{1,20}(?=[ .,;:)\n])", path.read_text(encoding="utf-8")))
    words.update(PorterStemmer().pool)
    stemmer = PorterStemmer()
    result = []
    for word in sorted(words):
        stem = stemmer.stem(word)
        kept = len(commonprefix([word, stem]))
        result.append(f"{word} {(len(word) - kept) or ''}{stem[kept:]}")
    return "|".join(result)


def philox(seed, stream, index):
    """The 32-bit word at an index of src/random.ts: Philox4x32-10 of (index div 4, stream) under the seed."""
    word = 2**32 - 1
    block = index // 4
    c = [block & word, block >> 32, stream & word, stream >> 32]
    k = [seed & word, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & word, (a >> 32) ^ c[3] ^ k[1], a & word]
        k = [(k[0] + 0x9E3779B9) & word, (k[1] + 0xBB67AE85) & word]
    return c[index % 4]


def stream_of(text):
    """streamOf of src/random.ts, of parts as JSON."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def aggregated(scores, name, options, seed):
    """By the package's aggregator, with draws of src/random.ts where a seed is given and with numpy's where not."""
    aggregator = BootstrapAggregator(**options)
    for score in scores:
        aggregator.add_scores({name: score[name]})
    choice, drawn, stream = np.random.choice, 0, stream_of(f'["rouge","{name}"]')

    def keyed(rows, size):
        nonlocal drawn
        drawn += size
        return np.array([philox(seed, stream, at) * len(rows) >> 32 for at in range(drawn - size, drawn)])

    np.random.seed(5)
    if seed is not None:
        np.random.choice = keyed
    try:
        result = aggregator.aggregate()[name]
    finally:
        np.random.choice = choice
    return [[float(value) for value in part] for part in result]


def intervals(texts):
    names = ["rouge1", "rougeLsum"]
    scores = [RougeScorer(names).score(*pair) for pair in texts]
    return [
        {
            "rouge_type": name, "pairs": count, "options": options, **({} if seed is None else {"seed": seed}),
            "low_mid_high": aggregated(scores[:count], name, options, seed),
        }
        for name, count, options, seed in [
            ("rouge1", 70, {}, None), ("rougeLsum", 70, {}, None), ("rouge1", 70, {"confidence_interval": 0.8, "n_samples": 4000}, None),
            ("rouge1", 70, {"n_samples": 200}, 0), ("rougeLsum", 70, {"n_samples": 101}, 2**33 + 7), ("rouge1", 9, {"confidence_interval": 0.5, "n_samples": 64}, 3),
            ("rouge1", 1, {"n_samples": 3}, 1), ("rougeLsum", 30, {"confidence_interval": 0, "n_samples": 50}, 2), ("rouge1", 30, {"confidence_interval": 1, "n_samples": 50}, 2),
        ]
    ]


if __name__ == "__main__":
    texts = pairs()
    plain, stemmed = RougeScorer(TYPES), RougeScorer(TYPES, use_stemmer=True)
    content = {
        "rouge_types": TYPES,
        "pairs": [
            {"reference": reference, "prediction": prediction, "plain": by_type(plain.score(reference, prediction)), "stemmed": by_type(stemmed.score(reference, prediction))}
            for reference, prediction in texts
        ],
        "multi": [
            {"references": references, "prediction": prediction, "plain": by_type(plain.score_multi(references, prediction)), "stemmed": by_type(stemmed.score_multi(references, prediction))}
            for references, prediction in MULTI
        ],
        "words": [{"text": text, "words": tokenize(text, None), "stemmed": tokenize(text, PorterStemmer())} for text in sorted({text for pair in PAIRS for text in pair})],
        "intervals": intervals(texts),
        "stems": stems(),
    }
    write_fixture(FIXTURES / "rouge.json", "rouge.py", ["rouge-score", "nltk", "numpy"], content)
