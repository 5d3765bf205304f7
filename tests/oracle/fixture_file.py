"""Writes fixtures: JSON whose bytes depend only on its content, with a header that names script and versions.

A float32 array becomes `{"dims": [...], "data": [...]}`, row-major, each number in its shortest form that reads back
(as a double, then rounded to float32) to the same float32. A 1-D array is a plain list.
"""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

FIXTURES = Path(__file__).parent / "fixtures"


def write_fixture(path: Path, script: str, packages: list[str], content: dict[str, Any]) -> None:
    header = {"made_by": f"tests/oracle/{script}", "versions": {name: version(name) for name in packages}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render({**header, **content}) + "\n", encoding="utf-8")
    print(f"{path.relative_to(FIXTURES.parent)}: {path.stat().st_size:,} bytes")


def shortest(values: np.ndarray) -> list[float]:
    """float32 values as the doubles whose shortest decimal is the float32's own."""
    if not np.isfinite(values).all():
        raise ValueError("a fixture holds finite numbers only")
    result = [float(str(v)) for v in values]
    if not np.array_equal(np.array(result).astype(np.float32), values):
        raise ValueError("a float32 does not survive its decimal form")
    return result


def plain(value: Any) -> Any:
    """numpy and torch values as lists and numbers."""
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        if value.dtype != np.float32:
            return value.tolist()
        data = shortest(value.reshape(-1))
        return data if value.ndim == 1 else {"dims": list(value.shape), "data": data}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def render(value: Any, depth: int = 0) -> str:
    """Objects a key per line, lists of objects an item per line, everything else on one line."""
    value = plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a fixture holds finite numbers only")
    inner = " " * (depth + 1)
    if isinstance(value, dict) and value and not is_tensor(value):
        lines = [f"{inner}{json.dumps(key)}: {render(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
    if isinstance(value, list) and any(holds_object(item) for item in value):
        return "[\n" + ",\n".join(inner + render(item, depth + 1) for item in value) + "\n" + " " * depth + "]"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def is_tensor(value: dict) -> bool:
    return {"dims", "data"} <= set(value)


def holds_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(holds_object(item) for item in value))
