"""Writes scores of transformers' SQuAD evaluation, scikit-learn, SciPy and sacreBLEU: fixtures/metrics.json."""

import random

from fixture_file import FIXTURES, write_fixture
from sacrebleu.metrics import BLEU
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, matthews_corrcoef, precision_recall_fscore_support
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1, get_tokens, squad_evaluate

ANSWERS = [
    "", "the", "a", "The Eiffel Tower", "Eiffel tower.", "in Paris, France", "Paris", "an apple a day", "apple day",
    "theatre", "the theatre", "U.S.A.", "USA", "1,024 tokens", "1024 tokens", "don't", "dont", "naïve", "NAÏVE!",
    "Ω the ß", "straße", "STRASSE", "日本 the 東京", "thé a été", "x_the_y", "a\u00a0b", "tab\tand\nline", "!!!", "a-b", "the the the",
    "\u0130stanbul", "co-operate co-operate", "The A An", "éa", "a\u0301 b", "one two two three", "two two one", "3.5%", "$5",
]


class Example:
    def __init__(self, qas_id, answers):
        self.qas_id = qas_id
        self.answers = [{"text": text} for text in answers]


def squad():
    rng = random.Random(5)
    pairs = [[rng.choice(ANSWERS), rng.choice(ANSWERS)] for _ in range(200)] + [[text, text] for text in ANSWERS]
    sets = []
    for size, empty in [(1, 0.0), (20, 0.0), (20, 0.4), (7, 1.0)]:
        references = [
            [] if rng.random() < empty else [rng.choice(ANSWERS) for _ in range(rng.randint(1, 3))] for _ in range(size)
        ]
        predictions = [rng.choice([*(answers or [""]), rng.choice(ANSWERS)]) for answers in references]
        examples = [Example(str(i), answers) for i, answers in enumerate(references)]
        scores = squad_evaluate(examples, {str(i): text for i, text in enumerate(predictions)})
        kept = {key: value for key, value in scores.items() if not key.startswith("best_")}
        sets.append({"predictions": predictions, "references": references, "scores": kept})
    return {
        "words": [{"text": text, "words": get_tokens(text)} for text in ANSWERS],
        "pairs": [
            {"prediction": p, "reference": r, "exact": compute_exact(r, p), "f1": float(compute_f1(r, p))} for p, r in pairs
        ],
        "sets": sets,
    }


def classification():
    rng = random.Random(6)
    cases = []
    for classes, size in [(2, 1), (2, 12), (2, 60), (3, 30), (5, 40), (4, 6)]:
        references = [rng.randrange(classes) for _ in range(size)]
        predictions = [label if rng.random() < 0.6 else rng.randrange(classes) for label in references]
        averages = ["micro", "macro", "weighted"] + (["binary"] if classes == 2 else [])
        scores = {}
        for average in averages:
            options = {"average": average, "zero_division": 0, **({"pos_label": 1} if average == "binary" else {})}
            precision, recall, f1, _ = precision_recall_fscore_support(references, predictions, **options)
            scores[average] = {"precision": float(precision), "recall": float(recall), "f1": float(f1)}
        cases.append({
            "predictions": predictions, "references": references, "scores": scores,
            "accuracy": float(accuracy_score(references, predictions)),
            "matthews": float(matthews_corrcoef(references, predictions)),
        })
    cases.append({
        "predictions": [1, 1, 1], "references": [0, 1, 1], "scores": {},
        "accuracy": 2 / 3, "matthews": float(matthews_corrcoef([0, 1, 1], [1, 1, 1])),
    })
    return cases


def regression():
    rng = random.Random(7)
    cases = []
    for size, ties in [(2, False), (5, False), (30, False), (30, True)]:
        draw = (lambda: float(rng.randrange(5))) if ties else (lambda: round(rng.gauss(0, 3), 6))
        references = [draw() for _ in range(size)]
        predictions = [value + draw() for value in references]
        cases.append({
            "predictions": predictions, "references": references,
            "pearson": float(pearsonr(predictions, references)[0]), "spearman": float(spearmanr(predictions, references)[0]),
        })
    return cases


SENTENCES = [
    "The cat sat on the mat.", "the cat is on the mat", "There is a cat on the mat, isn't there?", "", "  ", "It costs $3.50, or 1,000-2,000 yen.",
    "It costs $ 3.50 or 1,000 - 2,000 yen .", "A &quot;quoted&quot; &amp; &lt;escaped&gt; line", 'A "quoted" & <escaped> line', "co-\noperate now",
    "line one\nline two", "Ein schöner Tag – nicht wahr?", "日本 の 東京", "a b c d e f g h", "a b c d e f h g", "h g f e d c b a", "U.S. and U.K.", "e.g. this, that",
    "word", "word word word word word", "<skipped> text here", "100% [sic] {x} a/b c\\d ^ ~ `t`", "trailing space   ", "don't stop",
]


def bleu():
    rng = random.Random(8)
    cases = []
    for size, count, options in [
        (1, 1, {}), (24, 1, {}), (24, 2, {}), (24, 3, {"lowercase": True}), (12, 1, {"tokenize": "none"}), (12, 2, {"tokenize": "char"}),
        (3, 1, {"lowercase": True, "tokenize": "none"}), (8, 1, {}), (5, 2, {}),
    ]:
        references = [[rng.choice(SENTENCES) for _ in range(count)] for _ in range(size)]
        predictions = [rng.choice([*row, rng.choice(SENTENCES)]) for row in references]
        cases.append([predictions, references, options])
    cases.append([["a b"], [["a b c"]], {}])
    cases.append([["x y z w v"], [["a b c d e"]], {}])
    cases.append([["a x c y e z"], [["a b c d e f"]], {}])
    cases.append([[""], [["a b c"]], {}])
    for text in SENTENCES:
        cases.append([[text], [[SENTENCES[0], text]], {}])
    result = []
    for predictions, references, options in cases:
        streams = [list(stream) for stream in zip(*references)]
        score = BLEU(**options).corpus_score(predictions, streams)
        result.append({
            "options": options, "predictions": predictions, "references": references,
            "score": {
                "score": score.score, "counts": score.counts, "totals": score.totals, "precisions": score.precisions,
                "bp": score.bp, "sys_len": score.sys_len, "ref_len": score.ref_len,
            },
        })
    return result


if __name__ == "__main__":
    content = {"squad": squad(), "classification": classification(), "regression": regression(), "bleu": bleu()}
    packages = ["transformers", "scikit-learn", "scipy", "sacrebleu"]
    write_fixture(FIXTURES / "metrics.json", "metrics.py", packages, content)
