"""Writes Parquet files as pyarrow makes them, and the rows they hold: fixtures/parquet/*.parquet, fixtures/parquet.json."""

from datetime import datetime, timezone

import pyarrow as pa
import pyarrow.parquet as pq
from fixture_file import FIXTURES, write_fixture

TEXTS = ["A short text.", "größer, \"größer\"\nand a line", "日本語 🙂 text", "", None, "a\ttab", "the same", "the same"]
ROWS = 23


def row(i):
    return {
        "id": i,
        "text": TEXTS[i % len(TEXTS)],
        "score": None if i % 5 == 0 else i / 8,
        "label": i % 3,
        "flag": None if i % 7 == 3 else i % 2 == 0,
        "tags": None if i % 6 == 5 else [f"tag {k}" for k in range(i % 4)],
        "numbers": [k * k - 3 for k in range(i % 5)],
        "answers": {"text": [f"answer {k}" for k in range(i % 3)], "answer_start": [10 * k + i for k in range(i % 3)]},
        "translation": {"en": f"text {i}", "de": f"Text {i}"},
    }


SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("score", pa.float64()),
        ("label", pa.int32()),
        ("flag", pa.bool_()),
        ("tags", pa.list_(pa.string())),
        ("numbers", pa.list_(pa.int32())),
        ("answers", pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])),
        ("translation", pa.struct([("en", pa.string()), ("de", pa.string())])),
    ]
)


def write(name, table, **options):
    path = FIXTURES / "parquet" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **options)


def main():
    rows = [row(i) for i in range(ROWS)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    write("rows", table, row_group_size=7, compression="snappy")
    write("plain", table, row_group_size=1000, compression="none", use_dictionary=False, data_page_version="2.0")
    small = pa.table({"text": ["one", "two"], "summary": ["1", "2"]})
    write("zstd", small, compression="zstd")
    write("empty", small.slice(0, 0))
    write("large-number", pa.table({"id": pa.array([1, 2**60], pa.int64())}))
    write("day", pa.table({"day": pa.array([datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)], pa.timestamp("ms", "UTC"))}))
    write_fixture(FIXTURES / "parquet.json", "parquet.py", ["pyarrow"], {"rows": rows})


if __name__ == "__main__":
    main()
