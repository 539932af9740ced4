"""A metric is a number with an interval: arithmetic, formats, copies and the plain form that JSON has."""

from __future__ import annotations

import copy
import json
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation import Estimate, estimates, plain_values

AUC = Estimate(0.88, 0.87, 0.89)
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(FINITE, FINITE, FINITE)
def test_it_is_its_value_in_every_computation(value: float, low: float, high: float) -> None:
    one = Estimate(value, low, high)
    assert (one == value, hash(one) == hash(value), float(one), one.value) == (True, True, value, value)
    assert one + 1 == value + 1 and max(one, value) == value and np.asarray([one])[0] == value
    assert (one.low, one.high, one["low"], one["value"]) == (low, high, low, value)


def test_it_compares_with_numbers_and_with_its_own_mapping() -> None:
    assert AUC > 0.5 and AUC < 0.9 and AUC != 0.5 and math.isclose(AUC, 0.88)
    assert dict(AUC) == {"value": 0.88, "low": 0.87, "high": 0.89} == {**AUC}
    assert dict(AUC) == AUC and AUC != {"value": 0.88, "low": 0.0, "high": 0.89}


def test_it_formats_as_a_number_and_shows_its_interval() -> None:
    assert (f"{AUC:.3f}", f"{AUC}", repr(AUC), str(AUC)) == ("0.880", *["0.8800 [0.8700, 0.8900]"] * 3)


def test_copies_keep_the_interval() -> None:
    for other in (copy.copy(AUC), copy.deepcopy(AUC), pickle.loads(pickle.dumps(AUC))):
        assert type(other) is Estimate and dict(other) == dict(AUC)


def test_an_unknown_part_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="median"):
        AUC["median"]


def test_plain_values_are_what_json_had() -> None:
    stored = {"auc": {"value": 0.88, "low": 0.87, "high": 0.89}}
    nested = {"metrics": estimates(stored), "list": [AUC, 1, None], "n": 3}
    assert json.loads(json.dumps(plain_values(nested))) == {"metrics": stored, "list": [stored["auc"], 1, None], "n": 3}
    assert pd.DataFrame({"auc": [AUC]})["auc"].astype(float).tolist() == [0.88]
