"""Cases of attention masks and global masks: what is masked, local or global, and what the attentions then are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from led_classes_arguments import head_masks, without
from led_classes_cases import Case, Inputs
from models import marks, source, target
from tiny_models import TinyModel


def mask_cases(tiny: TinyModel, decoder: bool) -> Iterator[Case]:
    """For LEDModel (`decoder`), where the attention mask is the cross attention's too, or for LEDEncoder."""

    def case(name: str, about: str, inputs: Inputs, **more: Any) -> Case:
        rows = len(inputs["input_ids"])
        return Case(name, about, inputs | (target(tiny, name, rows, 2) | {"use_cache": False} if decoder else {}) | {"output_attentions": True, **more})

    def src(label: str, length: int, lengths: list[int] | None = None, globals_: list[list[int]] | None = None, **more: Any) -> Inputs:
        return source(tiny, label, length, lengths, globals_=globals_, **more)

    ragged = src("ragged", 11, [11, 5, 8], [[0, 4, 10], [], [7]])
    yield case("ragged globals", "3, 0 and 1 globals: empty slots are 0 in attentions and uniform 1/S' in global attentions", ragged)
    alone = {name: [rows[2][:8]] for name, rows in ragged.items()}
    yield case("ragged globals, last row alone", "the same numbers without the other rows and without padding", without(alone, "attention_mask"))
    yield case("ragged globals, hidden states", "padding positions have hidden states too", ragged, output_attentions=False, output_hidden_states=True)
    yield case("no global in the mask", "a global mask of zeros: no global attentions", src("zeros", 6, [6, 4], [[], []]))
    masked = src("masked globals", 7, [7, 5], [[0, 3], [1, 6]])
    masked["attention_mask"][0][3] = 0
    yield case("masked globals", "a masked token marked global stays masked", masked)
    only_masked = src("only masked", 6, [6, 4], [[], [5]])
    yield case("only masked globals", "none is left: no global attentions", only_masked)
    minus = src("minus one", 7, [7, 7], [[0], [2]])
    minus["global_attention_mask"][0][6] = minus["global_attention_mask"][1][5] = minus["global_attention_mask"][1][6] = -1
    yield case("-1 in the global mask", "masks the token in the encoder, not in the cross attention", minus)
    yield case("-1 in the global mask, no attention mask", "the same", without(minus, "attention_mask"))
    fractions = src("fractions", 6, [6, 6])
    fractions["attention_mask"] = [[1.0, 0.5, 0.0, 1.0, 0.25, 1.0], [0.75, 1.0, 1.0, 1.0, 0.0, 0.5]]
    yield case("fractional attention mask", "below 1 is masked in the encoder; in the cross attention the penalty is a fraction of the usual, which is as much", fractions)
    yield case("fractional global mask", "above 0 is global, below 0 is masked",
               src("fractions", 6, [6, 5]) | {"global_attention_mask": [[0.5, 0.0, -0.5, 0.0, 0.0, 0.25], [0.0, 1.5, 0.0, -0.25, 0.0, 1.0]]})
    yield case("fractions in both", "their product decides: 0.5 times 2 is local",
               src("fractions", 6, rows=2) | {"attention_mask": [[0.5, 1.0, 1.0, 0.75, 1.0, 0.0], [1.0, 0.5, 1.0, 1.0, 1.0, 1.0]],
                                              "global_attention_mask": [[1.0, 0.0, 1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]]})
    two = src("two", 7, [7, 5])
    two["attention_mask"][0][1] = two["attention_mask"][1][0] = two["attention_mask"][1][4] = 2
    yield case("attention mask of 2", "global in the encoder; the cross attention gives such keys all the weight", two)
    yield case("attention mask of 2 and a global mask", "2 times 2 is global too", two | {"global_attention_mask": marks(7, [[1, 2], []])})
    negative = src("negative", 5, [5, 5])
    negative["attention_mask"][0][2] = negative["attention_mask"][1][4] = -1
    yield case("attention mask of -1", "masked; the cross attention's penalty is -inf there", negative)
    yield case("boolean masks", "true and false are 1 and 0", src("boolean", 5, rows=2)
               | {"attention_mask": [[True, True, True, False, False], [True] * 5], "global_attention_mask": [[True, False, False, False, False], [False] * 5]})
    yield case("all global", "every token of one row, and every real token of the other", src("all global", 7, [7, 4], [list(range(7)), list(range(4))]))
    yield case("all global, exactly a window", "no padding and no local token", src("all global 8", 8, globals_=[list(range(8))]))
    width = tiny.config["d_model"] // tiny.config["encoder_attention_heads"]
    many = list(range(0, 2 * (width + 2), 2))
    yield case("more globals than a head is wide", "more global rows than d / heads", src("many", 2 * (width + 2), globals_=[many]))
    yield case("a row without a visible token", "its context is zero; the cross attention is uniform", src("empty row", 6, [6, 0], [[0], []]))
    yield case("a row without a visible token, marked global", "masked all the same, the slot is empty", src("empty row", 6, [6, 0], [[0], [2]]))
    yield case("no visible token at all", "all rows masked", src("all masked", 5, [0, 0]))
    yield case("left padding", "masked tokens first", src("left", 9, [9, 6], [[0], [3]], left=True))
    holes = src("holes", 11, [11, 9])
    for row, position in [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (1, 0), (1, 4)]:
        holes["attention_mask"][row][position] = 0
    yield case("holes", "masked tokens inside, wider than a window: a token sees itself alone", holes)
    yield case("three lengths", "a batch of rows padded by 0, 4 and 9", src("lengths", 10, [10, 6, 1], [[2], [0], [0]]))
    masks = {"head_mask": head_masks(tiny)["head_mask"]}
    yield case("head mask without globals", "attentions have it", src("head masks", 6, [6, 5]), **masks)
    yield case("head mask with globals", "global attentions have it too, those of empty slots as well", src("head masks", 6, [6, 5], [[0, 2], [4]]), **masks)
    yield case("pad tokens without a mask", "padding is not found by itself", without(src("unmasked", 6, [6, 3]), "attention_mask"))
