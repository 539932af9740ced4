"""The canonical spelling of addresses: one account of a network, one text to join on.

The dbt macro `canonical_address` does in the warehouse what SQL can; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainer.addresses.encodings import ss58_range
from trainer.addresses.forms import CASELESS, EVM, SS58, Rule
from trainer.addresses.networks import rule_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# Of these the canonical spelling is another case of the address, or always the address itself.
_CASE_ONLY = ("base58", "ripple", "bech32", "cardano")
_DELETE = 127  # the last control character of ASCII; the others come before the space


def canonical(address: str, network: str = "") -> str:
    """Return the canonical spelling of an address; an address that is not of the network's format keeps its spelling.

    Case-insensitive addresses (EVM, bech32) are lower-cased whatever the network is. SS58 is encoded with the network's
    prefix, CashAddr has its prefix, the 32-byte numbers of Starknet, Aptos and Sui have all their digits, and an address of
    TON is its account, workchain:hash.
    """
    rule = rule_of(network) if network else None
    if (rule is None or rule.form is EVM) and CASELESS.fullmatch(address):
        return address.lower()
    return _spell(address, rule)


def canonical_all(addresses: Sequence[str], network: str) -> list[str]:
    """Return the canonical spelling of each of a network's addresses."""
    rule = rule_of(network) if network else None
    if rule is None or rule.form is EVM:
        match = CASELESS.fullmatch
        return [address.lower() if match(address) else _spell(address, rule) for address in addresses]
    return [_spell(address, rule) for address in addresses]


def canonical_array(column: pa.Array, network: str) -> pa.Array:
    """Return the canonical spelling of a network's addresses as an array of text (n,); null stays null.

    Arrow finds the addresses that are canonical already, which are nearly all; only the others are turned into Python's.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.cast(column, pa.string())
    letters = _bytes_of(column)
    if ((letters >= ord("A")) & (letters <= ord("Z"))).any():
        column = pc.if_else(pc.match_substring_regex(column, f"^({CASELESS.pattern})$"), pc.ascii_lower(column), column)
    rule = rule_of(network) if network else None
    if rule is None or rule.form.name in _CASE_ONLY or (rule.form is EVM and not rule.prefix):
        return column
    is_open = pc.fill_null(pc.invert(_settled(column, rule)), False)
    if not pc.any(is_open, min_count=0).as_py():
        return column
    spelt = [_spell(address, rule) for address in column.filter(is_open).to_pylist()]
    return pc.replace_with_mask(column, is_open, pa.array(spelt, pa.string()))


def is_plain(column: pa.Array) -> bool:
    """Return whether an array of text is all ASCII without white space and control characters, by a glance at its bytes."""
    letters = _bytes_of(column)
    return not len(letters) or bool(letters.min() > ord(" ") and letters.max() < _DELETE)


def _bytes_of(column: pa.Array) -> np.ndarray:
    """Return the UTF-8 bytes of all values of an array of text, one after the other; where one is null there may be any."""
    import numpy as np

    _, ends, data = column.buffers()
    if data is None or not len(column):
        return np.empty(0, np.uint8)
    offsets = np.frombuffer(ends, np.int32, len(column) + 1, column.offset * 4)
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]


def _settled(column: pa.Array, rule: Rule) -> pa.Array:
    """Return which addresses are surely canonical already, bool (n,)."""
    import pyarrow.compute as pc

    if rule.form is not SS58:
        return pc.match_substring_regex(column, rule.pattern.pattern)
    if not rule.prefix:
        return pc.is_valid(column)
    low, high = ss58_range(int(rule.prefix))
    between = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    return pc.and_(between, pc.equal(pc.binary_length(column), len(low)))


def _spell(address: str, rule: Rule | None = None) -> str:
    if rule is not None and (spelt := rule.form.respell(address, rule)) is not None:
        return spelt
    return address.lower() if CASELESS.fullmatch(address) else address
