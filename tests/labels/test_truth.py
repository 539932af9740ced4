"""Ground truth is compared with labels in the spelling of the snapshot's network."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from bip_utils import SS58Encoder

from trainer.errors import BadInputError
from trainer.labels.truth import read_truth

KEYS = [bytes([number]) * 32 for number in (1, 2)]


def written(path: Path, addresses: list[str], flags: list[int]) -> Path:
    pd.DataFrame({"address": addresses, "is_illicit": flags}).to_parquet(path)
    return path


def test_a_truth_with_another_prefix_is_respelled_for_the_network(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path / "t.parquet", [SS58Encoder.Encode(key, 0) for key in KEYS], [1, 0]))
    assert truth.on("torus").to_dict() == {SS58Encoder.Encode(KEYS[0], 42): 1, SS58Encoder.Encode(KEYS[1], 42): 0}
    assert truth.on("simnet").to_dict() == truth.is_illicit.to_dict()


def test_two_spellings_of_an_evm_address_are_one_row(tmp_path: Path) -> None:
    address = "0x" + "AB" * 20
    truth = read_truth(written(tmp_path / "t.parquet", [address, address.lower()], [1, 1]))
    assert truth.on("ethereum").to_dict() == {address.lower(): 1}
    with pytest.raises(BadInputError, match="one row per address"):
        read_truth(written(tmp_path / "u.parquet", [address, address.lower()], [1, 0]))
