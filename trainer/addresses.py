"""The address formats of networks: patterns, checksums and the canonical spelling.

Sources: EIP-55 (mixed-case checksum of EVM addresses), the SS58 registry's format, BIP-13 and BIP-173/350 (Bitcoin).
A failed checksum reveals a misspelt address; a wrong format reveals a list of another network.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_BECH32 = "[02-9ac-hj-np-z]"
_SS58_ID_BYTES = 32
_BITCOIN_VERSIONS = (0, 5)  # pay to public-key hash, pay to script hash


@dataclass(frozen=True)
class Form:
    """An address format: its description, its pattern, and a function that verifies the checksum of a match."""

    description: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]
    checksum: str

    def problem(self, address: str, network: str) -> str | None:
        """Return what is wrong with an address, or None."""
        if not self.pattern.fullmatch(address):
            return f"'{address[:64]}' is not an address of {network}, which are {self.description}"
        return None if self.holds(address) else f"'{address}' fails its checksum ({self.checksum}): is it misspelt?"


def _eip55_holds(address: str) -> bool:
    digits = address[2:]
    if digits in {digits.lower(), digits.upper()}:
        return True  # written without a checksum
    from eth_utils.address import is_checksum_address

    return is_checksum_address(address)


def _ss58_holds(address: str) -> bool:
    import base58

    raw = base58.b58decode(address)
    prefix_bytes = 1 if raw[0] < 64 else 2
    body, checksum = raw[:-2], raw[-2:]
    return len(body) == prefix_bytes + _SS58_ID_BYTES and hashlib.blake2b(b"SS58PRE" + body).digest()[:2] == checksum


def _base58check(address: str) -> bytes | None:
    """Return the payload (version and hash) of a base58check string, or None if its checksum fails."""
    import base58

    try:
        return base58.b58decode_check(address)
    except ValueError:
        return None


def _bitcoin_holds(address: str) -> bool:
    if address[:3].lower() != "bc1":
        payload = _base58check(address)
        return payload is not None and len(payload) == 21 and payload[0] in _BITCOIN_VERSIONS
    from bech32m import DecodeError, decode

    try:
        decode("bc", address)
    except DecodeError:
        return False
    return True


EVM = Form("EVM (0x and 40 hexadecimal digits)", re.compile(r"0[xX][0-9a-fA-F]{40}"), _eip55_holds, "EIP-55")
SS58 = Form("SS58 (46 to 49 base58 characters)", re.compile(_BASE58 + "{46,49}"), _ss58_holds, "SS58, 32-byte account")
BITCOIN = Form(
    "Bitcoin (base58 starting with 1 or 3, or bech32 starting with bc1)",
    re.compile(f"[13]{_BASE58}{{25,34}}|bc1{_BECH32}{{11,87}}|BC1{_BECH32.upper()}{{11,87}}"),
    _bitcoin_holds,
    "base58check, bech32 or bech32m",
)
_EVM_NETWORKS = (
    "ethereum", "ethereum-classic", "base", "arbitrum", "optimism", "polygon", "bsc", "avalanche", "gnosis", "fantom", "zksync",
    "linea",
)  # fmt: skip
FORM_OF_NETWORK = {
    **dict.fromkeys(("torus", "bittensor", "polkadot", "kusama"), SS58),
    **dict.fromkeys(_EVM_NETWORKS, EVM),
    "bitcoin": BITCOIN,
}
MAX_LENGTH = 256
UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
CASELESS = re.compile(f"{EVM.pattern.pattern}|BC1{_BECH32.upper()}{{11,87}}")


NETWORK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def network_problem(network: str) -> str | None:
    """Return what is wrong with a network name, or None."""
    if NETWORK_NAME.fullmatch(network):
        return None
    return f"'{network[:64]}' is not the name of a network (letters, digits, '.', '_' and '-', at most 64)"


def form_of(network: str) -> Form | None:
    """Return the address format of a network; None for an unknown network."""
    return FORM_OF_NETWORK.get(network.lower())


def problem(address: str, network: str) -> str | None:
    """Return what is wrong with an address of a network, or None; an unknown network accepts any text without white space."""
    if not address:
        return "the address is empty"
    if len(address) > MAX_LENGTH:
        return f"the address is longer than {MAX_LENGTH} characters"
    if UNFIT.search(address):
        return "the address has white space inside"
    form = form_of(network)
    return None if form is None else form.problem(address, network)


def canonical(address: str) -> str:
    """Return the canonical spelling of an address: case-insensitive ones (EVM, bech32) are lower-cased, all others unchanged.

    The dbt macro `canonical_address` does the same in the warehouse; a test compares the two.
    """
    return address.lower() if CASELESS.fullmatch(address) else address


def share_addresses(network: str, other: str) -> bool:
    """Return whether the same address on both networks is the same owner: one network, or two of the EVM family.

    An EVM address has one owner on every EVM network; on other networks equal addresses are a coincidence.
    """
    if network.lower() == other.lower():
        return True
    return form_of(network) is EVM and form_of(other) is EVM


def is_of_another(address: str, network: str) -> bool:
    """Return whether a text that is not an address of `network` is a valid address, checksum included, of another network."""
    if not 0 < len(address) <= MAX_LENGTH or UNFIT.search(address):
        return False
    own = form_of(network)
    if any(form is not own and form.problem(address, "") is None for form in (EVM, SS58, BITCOIN)):
        return True
    if own is not None and own.pattern.fullmatch(address):
        return False
    # Tron, Litecoin, Dash, Zcash and others use base58check with version bytes of their own.
    payload = _base58check(address) if re.fullmatch(_BASE58 + "{26,36}", address) else None
    return payload is not None and len(payload) in {21, 22}
