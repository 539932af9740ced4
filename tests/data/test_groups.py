"""Clusters that belong together: by their id over dates, by an address they share, and through others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from trainer.addresses import canonical
from trainer.data.dataset import Dataset
from trainer.data.feature import Feature
from trainer.data.groups import linked_groups, owners_of
from trainer.model_types import CLUSTER_SCORER


def groups(rows: list[tuple[str, list[str]]]) -> list[int]:
    ids = pa.chunked_array([[name for name, _ in rows]], type=pa.string())
    return linked_groups(ids, pa.chunked_array([[members for _, members in rows]], type=pa.list_(pa.string()))).tolist()


def test_clusters_are_linked_by_id_and_by_address() -> None:
    found = groups(
        [("c1", ["a", "b"]), ("c2", ["b", "c"]), ("c3", ["d"]), ("c4", ["c"]), ("c3", ["e"]), ("c5", []), ("c6", ["c3"])]
    )
    assert found[0] == found[1] == found[3] and found[2] == found[4]
    assert len(set(found)) == 4
    assert groups([]) == [] and len(set(groups([("x", []), ("y", [])]))) == 2


@given(st.lists(st.tuples(st.sampled_from("pqrstu"), st.lists(st.sampled_from("abcdefgh"), max_size=3)), min_size=1, max_size=12))
def test_rows_of_two_groups_share_nothing(rows: list[tuple[str, list[str]]]) -> None:
    found = groups(rows)
    for i, (name, members) in enumerate(rows):
        for j, (other, others) in enumerate(rows):
            if name == other or set(members) & set(others):
                assert found[i] == found[j]
    assert groups(rows[::-1]).count(groups(rows[::-1])[0]) == found.count(found[-1])


def test_a_dataset_of_clusters_counts_their_addresses() -> None:
    keys = pa.table(
        {"processing_date": [0, 0, 1], "cluster_id": ["x", "y", "x"], "member_addresses": [["a", "b"], ["b", "c"], ["d"]]}
    )
    y, weight = np.array([1, 0, 1], np.float32), np.ones(3, np.float32)
    data = Dataset(np.zeros((3, 1), np.float32), y, weight, keys, [Feature("f", "f")], CLUSTER_SCORER)
    assert len(set(data.groups)) == 1
    assert data.address_count() == 4 and data.address_count(data.y >= 0.5) == 3


ACCOUNT = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"  # with the generic prefix


def test_an_account_has_one_owner_on_all_networks() -> None:
    """The same text on two networks of the EVM family; another prefix of SS58 on two of Substrate."""
    evm, polkadot = "0x" + "ab" * 20, canonical(ACCOUNT, "polkadot")
    assert polkadot != ACCOUNT
    networks = np.array(["base", "ethereum", "polkadot", "torus", "base"])
    keys = pa.table(
        {
            "network": networks,
            "processing_date": np.array(["2025-08-01"] * 5, dtype="datetime64[D]"),
            "alert_id": list("abcde"),
            "address": [evm, evm, polkadot, ACCOUNT, "0x" + "cd" * 20],
        }
    )
    data = Dataset(np.zeros((5, 1), np.float32), np.zeros(5, np.float32), np.ones(5, np.float32), keys, [Feature("f", "f")])
    a, b, c, d, e = data.groups
    assert a == b and c == d and len({a, c, e}) == 3
    assert data.networks.tolist() == networks.tolist() and len(set(data.lists)) == 4


def test_ids_are_of_their_network_and_members_of_all() -> None:
    keys = pa.table(
        {
            "network": ["base", "ethereum", "ethereum", "polkadot", "torus"],
            "processing_date": [0, 0, 0, 0, 0],
            "cluster_id": ["x", "x", "y", "z", "z"],
            "member_addresses": [["a"], ["b"], ["a", "c"], [canonical(ACCOUNT, "polkadot"), "q"], [ACCOUNT]],
        }
    )
    data = Dataset(
        np.zeros((5, 1), np.float32), np.zeros(5, np.float32), np.ones(5, np.float32), keys, [Feature("f", "f")], CLUSTER_SCORER
    )
    x_base, x_ethereum, y, z_polkadot, z_torus = data.groups
    assert x_base == y != x_ethereum and z_polkadot == z_torus and len(set(data.groups)) == 3


def test_only_substrate_addresses_are_respelled() -> None:
    addresses = pa.chunked_array([["a", canonical(ACCOUNT, "polkadot")]], pa.string())
    assert owners_of(addresses, np.array(["base", "base"])) is addresses
    assert owners_of(addresses, np.array(["polkadot", "polkadot"])).to_pylist() == ["a", ACCOUNT]
