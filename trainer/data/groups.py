"""Groups of rows that are not independent of each other, and so belong on one side of a split."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.addresses import SS58, canonical_array, form_of

GENERIC_SS58 = "torus"  # a network whose SS58 addresses have the generic prefix, 42


def codes_of(values: pa.ChunkedArray) -> np.ndarray:
    """Return int64 codes (n,), equal where the values are equal."""
    codes = values.combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)


def owners_of(addresses: pa.ChunkedArray, networks: np.ndarray) -> pa.ChunkedArray:
    """Return addresses of several networks (n,), text or lists of text, so spelt that equal texts are of one owner.

    An address of the EVM family is the same text on all its networks. A Substrate account is spelt with each network's prefix,
    and here with the generic one. Equal addresses of other networks may be a coincidence; they are held together all the same.

    Args:
        networks: (n,) text: the network of each row.
    """
    spelt = addresses.combine_chunks()
    values = pc.list_flatten(spelt) if pa.types.is_list(spelt.type) else spelt
    of_value = networks[pc.list_parent_indices(spelt).to_numpy(zero_copy_only=False)] if values is not spelt else networks
    is_ss58 = np.isin(of_value, _of_form_ss58(np.unique(networks).tolist()))
    if not is_ss58.any():
        return addresses
    mask = pa.array(is_ss58)
    values = pc.replace_with_mask(values.cast(pa.string()), mask, canonical_array(values.filter(mask), GENERIC_SS58))
    if pa.types.is_list(spelt.type):
        lengths = pc.fill_null(pc.list_value_length(spelt), 0).to_numpy(zero_copy_only=False)
        values = pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(lengths)], pa.int32()), values)
    return pa.chunked_array([values])


def _of_form_ss58(networks: Iterable[str]) -> list[str]:
    return [name for name in networks if form_of(name) is SS58]


def linked_groups(ids: pa.ChunkedArray, members: pa.ChunkedArray) -> np.ndarray:
    """Return int64 (n,): equal for rows of one id, and for rows that share a member, directly or through others.

    Args:
        ids: (n,) text, such as a cluster's id, which stays the same from date to date.
        members: (n,) lists of text, such as the cluster's addresses.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    lists = members.combine_chunks()
    own = codes_of(ids)
    row = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), dtype=np.int64)
    other = codes_of(pa.chunked_array([pc.list_flatten(lists)], type=pa.string())) if len(row) else row
    first_member = int(own.max(initial=-1)) + 1
    size = first_member + int(other.max(initial=-1)) + 1
    links = sparse.coo_matrix((np.ones(len(row), dtype=np.int8), (own[row], first_member + other)), shape=(size, size))
    _, component = connected_components(links, directed=False)
    return np.asarray(component[own], dtype=np.int64)


def groups_of(ids: pa.ChunkedArray, held_together: pa.ChunkedArray) -> np.ndarray:
    """Return int64 (n,): equal for rows of one address; where a row has several, as `linked_groups` has it.

    Args:
        ids: (n,) text.
        held_together: (n,) the row's address, or lists of addresses.
    """
    return linked_groups(ids, held_together) if pa.types.is_list(held_together.type) else codes_of(held_together)
