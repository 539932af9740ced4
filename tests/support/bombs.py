"""Small files that would become large ones: what each reader must refuse before memory or time runs out."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

LONG = "z" * 500_000
ADDRESS = "0x" + "a" * 40


def write_bombs(folder: Path) -> dict[str, Path]:
    """Write a bomb of each kind, and return its name → file."""
    addresses = [f"0x{i:040x}" for i in range(9000)]
    pack = "title: x\ncreator: y\ncurrency: ETH\n"
    texts = {
        "nested.yaml": "[" * 50_000,
        "pack.yaml": f"{pack}tags:\n- address: '{ADDRESS}'\n  label: " + "[" * 50_000 + "\n",
        "nested.json": "[" * 100_000,
        "keys.json": json.dumps([{"address": ADDRESS, "risk_level": "low", f"k{i}": 1} for i in range(20_000)]),
        "inherited.yaml": f"{pack}label: '{LONG}'\ntags:\n" + "".join(f"- address: '{one}'\n" for one in addresses),
        "anchored.yaml": f"{pack}tags:\n- address: '{ADDRESS}'\n  label: &a '{LONG}'\n"
        + "".join(f"- address: '{one}'\n  label: *a\n" for one in addresses),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    _repeated(folder / "text.parquet", 2_000_000, "x" * 1000)
    _repeated(folder / "rows.parquet", 40_000_000, "x")
    return {name: folder / name for name in [*texts, "text.parquet", "rows.parquet"]}


def write_snapshot(folder: Path, rows: int, text: str) -> Path:
    """Write a snapshot whose features are a repeated text, and return its folder."""
    snapshot = folder / "bombnet" / "2025-08-01" / "90"
    snapshot.mkdir(parents=True)
    _repeated(snapshot / "features.parquet", rows, text)
    return folder


def _repeated(path: Path, rows: int, text: str) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array([text]))
    table = pa.table({"address": column, "dominant_asset_in": column})
    with pq.ParquetWriter(path, table.schema, use_dictionary=True) as writer:
        for _ in range(20):
            writer.write_table(pa.concat_tables([table] * (rows // 20_000)), row_group_size=rows)
