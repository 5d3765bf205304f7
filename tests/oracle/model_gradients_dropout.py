"""Dropout and LayerDrop with keyed draws: the reference's calls of dropout get the masks of numbered sites.

An element with number i of a site is kept where u16(i) >= round(p * 65536), and divided by 1 - p; u16(i) is 16 bits of
Philox4x32-10 under the seed, in the stream ("dropout", step, site). Numbers count positions of the source as it is given:
where the reference pads it to whole windows, the elements of padding are kept, which nothing depends on.
A layer is skipped where the uniform number of the stream ("layerdrop", step, layer) is below p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from philox import halves, stream_of, uniform


@dataclass(frozen=True)
class Key:
    seed: int
    step: int


@dataclass(frozen=True)
class Shapes:
    """B examples, S source and T target positions, X the most global tokens of an example."""

    B: int
    S: int
    T: int
    X: int


# From the site's own layout to the reference's.
Arranged = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Site:
    name: str
    dims: tuple[int, ...]
    p: float
    arranged: Arranged = lambda kept: kept

    def mask(self, key: Key) -> np.ndarray:
        """What the reference's tensor is multiplied by. float64"""
        count = int(np.prod(self.dims))
        threshold = int(np.floor(self.p * 65536 + 0.5))
        kept = halves(key.seed, stream_of("dropout", key.step, self.name), count) >= threshold
        return self.arranged(kept.reshape(self.dims)) / (1 - self.p)


def padded(axis: int, length: int) -> Arranged:
    """Kept elements behind an axis until it has this length."""

    def arranged(kept: np.ndarray) -> np.ndarray:
        widths = [(0, length - n if at == axis else 0) for at, n in enumerate(kept.shape)]
        return np.pad(kept, widths, constant_values=True)

    return arranged


def windows_of(config: dict[str, Any]) -> list[int]:
    windows = config["attention_window"]
    return [windows] * config["encoder_layers"] if isinstance(windows, int) else list(windows)


def rates(config: dict[str, Any]) -> dict[str, float]:
    """LEDConfig's defaults where the config says nothing."""
    defaults = {"dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0, "classifier_dropout": 0.0}
    return {name: config.get(name, p) for name, p in defaults.items()}


def skipped(config: dict[str, Any], key: Key) -> set[str]:
    """The layers that LayerDrop leaves out."""
    return {
        f"{side}.layers.{i}"
        for side in ("encoder", "decoder")
        for i in range(config[f"{side}_layers"])
        if uniform(key.seed, stream_of("layerdrop", key.step, f"{side}.layers.{i}")) < config.get(f"{side}_layerdrop", 0.0)
    }


def encoder_sites(config: dict[str, Any], shapes: Shapes, out: set[str]) -> Iterator[Site]:
    """In the order in which the reference's encoder comes to them."""
    B, S, X = shapes.B, shapes.S, shapes.X
    windows, p = windows_of(config), rates(config)
    d, h, ffn = config["d_model"], config["encoder_attention_heads"], config["encoder_ffn_dim"]
    whole = -(-S // max(windows)) * max(windows)
    rows = padded(1, whole)
    yield Site("encoder.embed", (B, S, d), p["dropout"], rows)
    for i, window in enumerate(windows):
        layer = f"encoder.layers.{i}"
        if layer in out:
            continue
        yield Site(f"{layer}.attention", (B, h, S, X + window + 1), p["attention_dropout"], lambda kept: rows(kept.transpose(0, 2, 1, 3)))
        if X > 0:
            keys = padded(2, whole)
            yield Site(f"{layer}.global_attention", (B, h, X, S), p["attention_dropout"], lambda kept: keys(kept.reshape(B * h, X, S)))
        yield Site(f"{layer}.hidden", (B, S, d), p["dropout"], rows)
        yield Site(f"{layer}.activation", (B, S, ffn), p["activation_dropout"], rows)
        yield Site(f"{layer}.output", (B, S, d), p["dropout"], rows)


def decoder_sites(config: dict[str, Any], shapes: Shapes, out: set[str]) -> Iterator[Site]:
    B, S, T = shapes.B, shapes.S, shapes.T
    p = rates(config)
    d, h, ffn = config["d_model"], config["decoder_attention_heads"], config["decoder_ffn_dim"]
    yield Site("decoder.embed", (B, T, d), p["dropout"])
    for i in range(config["decoder_layers"]):
        layer = f"decoder.layers.{i}"
        if layer in out:
            continue
        yield Site(f"{layer}.self_attention", (B * h, T, T), p["attention_dropout"])
        yield Site(f"{layer}.hidden", (B, T, d), p["dropout"])
        yield Site(f"{layer}.cross_attention", (B * h, T, S), p["attention_dropout"])
        yield Site(f"{layer}.cross_hidden", (B, T, d), p["dropout"])
        yield Site(f"{layer}.activation", (B, T, ffn), p["activation_dropout"])
        yield Site(f"{layer}.output", (B, T, d), p["dropout"])


def head_sites(config: dict[str, Any], shapes: Shapes) -> Iterator[Site]:
    for name in ("input", "dense"):
        yield Site(f"classification_head.{name}", (shapes.B, config["d_model"]), rates(config)["classifier_dropout"])


@contextmanager
def keyed_draws(config: dict[str, Any], shapes: Shapes, parts: tuple[str, ...], key: Key) -> Iterator[None]:
    """In it the reference's dropout and LayerDrop draw by key. `parts`: which of encoder, decoder and head run."""
    out = skipped(config, key)
    sites: list[Site] = []
    draws: list[float] = []
    for part in parts:
        sites += head_sites(config, shapes) if part == "head" else {"encoder": encoder_sites, "decoder": decoder_sites}[part](config, shapes, out)
        if part != "head":
            draws += [uniform(key.seed, stream_of("layerdrop", key.step, f"{part}.layers.{i}")) for i in range(config[f"{part}_layers"])]

    def dropout(x: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        assert training and not inplace
        site = sites.pop(0)
        mask = torch.from_numpy(site.mask(key)).to(x.dtype)
        assert (mask.shape, site.p) == (x.shape, p), f"{site.name}: {tuple(mask.shape)}, {site.p}; the reference has {tuple(x.shape)}, {p}"
        return x * mask

    real_dropout, real_rand = F.dropout, torch.rand
    F.dropout, torch.rand = dropout, lambda dims: torch.tensor(draws.pop(0)).reshape(dims)
    try:
        yield
        assert not sites and not draws, f"not drawn: {[site.name for site in sites]}, {len(draws)} layers"
    finally:
        F.dropout, torch.rand = real_dropout, real_rand
