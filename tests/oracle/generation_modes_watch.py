"""What decides a generation, watched: draws come from a recorded list, and every comparison notes how near it was."""

from __future__ import annotations

import itertools
import math
import random
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import torch
import transformers.generation.utils as generation_utils
from transformers.generation import beam_search, logits_process

from generation import Watch

SCORERS = (beam_search.BeamSearchScorer, beam_search.ConstrainedBeamSearchScorer)


class Draws:
    """Stands in for torch.multinomial. `taken` are the integers k of the uniforms k / 2**32, in order: for each row, for
    each of num_samples. The pick is the first index of weight above 0 whose running sum exceeds u times the sum of
    weights, which are float64; its weight is 0 from then on. With no weight left it is the first index not yet picked.
    A new k whose u is nearer to a boundary than `margin` is skipped."""

    def __init__(self, seed: int, margin: float, recorded: list[int] | None = None) -> None:
        self.random, self.margin = random.Random(seed), margin
        self.recorded = None if recorded is None else iter(recorded)
        self.taken: list[int] = []
        self.near = False

    def __call__(self, weights: torch.Tensor, num_samples: int, replacement: bool = False, **_: Any) -> torch.Tensor:
        if not torch.isfinite(weights).all():
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        return torch.tensor([self.row(row, num_samples) for row in weights.double().tolist()])

    def row(self, weights: list[float], num_samples: int) -> list[int]:
        picks: list[int] = []
        for _ in range(num_samples):
            sums = list(itertools.accumulate(weights))
            goal = self.draw(sums) * sums[-1]
            pick = next((i for i, (w, s) in enumerate(zip(weights, sums)) if w > 0 and s > goal), None)
            if pick is None:
                pick = next(i for i in range(len(weights)) if i not in picks)
            picks.append(pick)
            weights[pick] = 0.0
        return picks

    def draw(self, sums: list[float]) -> float:
        if self.recorded is not None:
            self.taken.append(next(self.recorded))
            return self.taken[-1] / 2**32
        inner = [s / sums[-1] for s in sums if 0 < s < sums[-1]]
        for _ in range(2000):
            k = self.random.getrandbits(32)
            if all(abs(k / 2**32 - s) > self.margin for s in inner):
                break
        else:
            self.near = True
        self.taken.append(k)
        return k / 2**32


class ModesWatch(Watch):
    """What stood nearest. `gap`: between candidates that a search orders; `relative`: between length-normalised scores, as part of the larger;
    `threshold`: of probabilities to what a warper cuts at; `endless`: a beam had to take a forbidden token, and torch.topk leaves open which."""

    def __init__(self, draws: Draws | None = None) -> None:
        super().__init__()
        self.draws, self.relative, self.threshold = draws, math.inf, math.inf
        self.endless = False
        self.last: Any = None
        self.paused = False
        self.patches = ExitStack()

    def enough(self, gap: float, relative: float, threshold: float) -> bool:
        near = self.draws is not None and self.draws.near
        return self.gap > gap and self.relative > relative and self.threshold > threshold and not near

    def __enter__(self) -> ModesWatch:
        sort, tensor_sort = torch.sort, torch.Tensor.sort

        def topk(values: torch.Tensor, k: int, *args: Any, **kwargs: Any) -> Any:
            if not self.paused:
                self.last = self.topk(values, min(k + 1, values.shape[-1])).values
            return self.topk(values, k, *args, **kwargs)

        def argmax(values: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            self.note(values, 2)
            return self.argmax(values, *args, **kwargs)

        def sort_of_beam_sample(values: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            self.last = self.last if self.paused else None
            return sort(values, *args, **kwargs)

        def sort_of_banks(values: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            # 100 a bank in float32: what is left of the scores is coarse.
            self.neighbours(tensor_sort(values.double(), descending=True).values.tolist(), coarse=2**-22)
            return tensor_sort(values, *args, **kwargs)

        targets: list[tuple[Any, str, Any]] = [
            (torch, "topk", topk), (torch, "argmax", argmax), (torch, "sort", sort_of_beam_sample),
            (torch.Tensor, "sort", sort_of_banks), (generation_utils, "_ranking_fast", self.ranking()),
            (beam_search.BeamHypotheses, "add", self.add()), (beam_search.BeamHypotheses, "is_done", self.is_done()),
        ]
        for scorer in SCORERS:
            targets += [(scorer, "process", self.process(scorer)), (scorer, "finalize", self.finalize(scorer))]
        for warper, watch in (("TopK", self.top_k), ("TopP", self.top_p), ("Typical", self.typical),
                              ("Epsilon", self.epsilon), ("Eta", self.eta)):
            of = getattr(logits_process, f"{warper}LogitsWarper")
            targets.append((of, "__call__", self.warper(of, watch)))
        if self.draws is not None:
            targets.append((torch, "multinomial", self.draws))
        for of, name, value in targets:
            self.patches.enter_context(patch.object(of, name, value))
        return self

    def __exit__(self, *_: Any) -> None:
        self.patches.close()

    def neighbours(self, values: list[float], coarse: float = 0.0) -> None:
        real = [value for value in values if value > -1e8]
        self.gap = min([self.gap, *(abs(a - b) - coarse * max(abs(a), abs(b)) for a, b in zip(real, real[1:]))])

    def compare(self, a: float, b: float) -> None:
        if min(a, b) > -1e7 and max(a, b) < 1e8:
            self.relative = min(self.relative, abs(a - b) / max(abs(a), abs(b), 1e-30))

    # Beams -------------------------------------------------------------------------------------------------------------

    def process(self, scorer: Any) -> Any:
        original = scorer.process

        def process(scorer: Any, *args: Any, **options: Any) -> Any:
            done = scorer._done[options.get("group_index", 0) :: scorer.num_beam_groups]
            for row in [i for i, is_done in enumerate(done) if not is_done]:
                if self.last is None:
                    self.drawn(row * scorer.group_size, *args[:1], *(part[row] for part in args[1:4]))
                else:
                    self.neighbours(self.last[row].tolist())
                    best, tokens, eos = args[1][row].tolist(), args[2][row].tolist(), options["eos_token_id"]
                    open_beams = [score for score, token in zip(best, tokens) if token not in eos][: scorer.group_size]
                    self.endless |= -math.inf in open_beams
            return original(scorer, *args, **options)

        return process

    def drawn(self, first: int, ids: Any, scores: Any, tokens: Any, parents: Any) -> None:
        """What beam sample drew, in order: beams that hold the same ids may change places."""
        found = [[*ids[first + int(i)].tolist(), int(token)] for i, token in zip(parents, tokens)]
        for i in range(len(found) - 1):
            if found[i] != found[i + 1]:
                self.neighbours(scores[i : i + 2].tolist())

    def add(self) -> Any:
        original = beam_search.BeamHypotheses.add

        def add(beams: Any, hyp: Any, total: float, **options: Any) -> None:
            score = total / options["generated_len"] ** beams.length_penalty
            held = [ids.tolist() for at, ids, _ in beams.beams if at == score]
            if len(beams) == beams.num_beams and hyp.tolist() not in held:
                self.compare(score, beams.worst_score)
            original(beams, hyp, total, **options)

        return add

    def is_done(self) -> Any:
        original = beam_search.BeamHypotheses.is_done

        def is_done(beams: Any, best: float, cur_len: int, prompt: int = 0) -> bool:
            if len(beams) == beams.num_beams and beams.early_stopping is not True:
                by_end = beams.early_stopping == "never" and beams.length_penalty > 0
                length = (beams.max_length if by_end else cur_len) - prompt
                best_score = best / length**beams.length_penalty
                if best_score != beams.worst_score:  # Else the best candidate is the worst hypothesis itself.
                    self.compare(beams.worst_score, best_score)
            return original(beams, best, cur_len, prompt)

        return is_done

    def finalize(self, scorer: Any) -> Any:
        original = scorer.finalize

        def finalize(scorer: Any, *args: Any, **options: Any) -> Any:
            result = original(scorer, *args, **options)
            groups = scorer.num_beam_groups
            for i in range(0, len(scorer._beam_hyps), groups):
                pooled = [beam for hypotheses in scorer._beam_hyps[i : i + groups] for beam in hypotheses.beams]
                pooled.sort(key=lambda beam: beam[0])
                for a, b in zip(pooled, pooled[1:]):
                    if a[1].tolist() != b[1].tolist():  # Two groups may find the same: either one may come first.
                        self.compare(a[0], b[0])
            return result

        return finalize

    def ranking(self) -> Any:
        original = generation_utils._ranking_fast

        def ranking(context: Any, hidden: Any, probabilities: Any, alpha: float, width: int) -> Any:
            norm = context / context.norm(dim=2, keepdim=True)
            cosine = torch.matmul(norm, (hidden / hidden.norm(dim=2, keepdim=True)).transpose(1, 2)).squeeze(-1)
            score = (1 - alpha) * probabilities.view(-1) - alpha * cosine.max(dim=-1).values
            # The best `width` and the one after them, of the probabilities: their logarithms are apart as the logits are.
            for row, found in zip(score.view(-1, width), self.last.log()):
                self.note(row[None], 2)
                self.neighbours(found[width - 1 :].tolist())
            return original(context, hidden, probabilities, alpha, width)

        return ranking

    # Warpers -----------------------------------------------------------------------------------------------------------

    def warper(self, warper: Any, watch: Any) -> Any:
        original = warper.__call__

        def call(warper: Any, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            self.paused = True
            for row in scores.double():
                watch(warper, row)
            result = original(warper, ids, scores)
            self.paused = False
            return result

        return call

    def cut(self, ordered: torch.Tensor, at: int) -> None:
        """`at` of the ordered values stay, the next does not."""
        self.neighbours(ordered[max(at - 1, 0) : at + 1].tolist())

    def near(self, values: torch.Tensor, limit: float, scale: float = 1.0) -> None:
        self.threshold = min(self.threshold, float((values - limit).abs().min()) / scale)

    def best(self, keep: int, row: torch.Tensor) -> None:
        self.cut(torch.sort(row, descending=True).values, keep)

    def top_k(self, warper: Any, row: torch.Tensor) -> None:
        self.best(warper.top_k, row)

    def top_p(self, warper: Any, row: torch.Tensor) -> None:
        ordered = torch.sort(row).values
        sums = ordered.softmax(-1).cumsum(-1)
        self.near(sums[:-1], 1 - warper.top_p)
        removed = int((sums <= 1 - warper.top_p).sum())
        self.cut(ordered, removed)

    def typical(self, warper: Any, row: torch.Tensor) -> None:
        normalized = row.log_softmax(-1)
        entropy = -(normalized * normalized.exp()).nansum()
        ordered, indices = torch.sort((-normalized - entropy).abs())
        sums = row[indices].softmax(-1).cumsum(-1)
        self.near(sums[:-1], warper.mass)
        last = min(int((sums < warper.mass).sum()), len(row) - 1)
        kept = [value for value in ordered[max(last - 1, 0) : last + 2].tolist() if math.isfinite(value)]
        self.neighbours(kept)

    def epsilon(self, warper: Any, row: torch.Tensor) -> None:
        self.near(row.softmax(-1), float(warper.epsilon), float(warper.epsilon))
        self.best(warper.min_tokens_to_keep, row)

    def eta(self, warper: Any, row: torch.Tensor) -> None:
        entropy = torch.distributions.Categorical(logits=row).entropy()
        epsilon = warper.epsilon.double()
        eta = float(torch.min(epsilon, torch.sqrt(epsilon) * torch.exp(-entropy)))
        self.near(row.softmax(-1), eta, eta)
        self.best(warper.min_tokens_to_keep, row)
