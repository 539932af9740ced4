"""Groups of rows that are not independent of each other, and so belong on one side of a split."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def codes_of(values: pa.ChunkedArray) -> np.ndarray:
    """Return int64 codes (n,), equal where the values are equal."""
    codes = values.combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)


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
