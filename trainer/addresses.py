"""What an address of a network looks like, whether its checksum holds, and how it is written.

Sources: EIP-55 (mixed-case checksum of EVM addresses), the SS58 registry's format, BIP-13 and BIP-173/350 (Bitcoin).
A checksum is what tells a typing error; the form is what tells a list of another network.
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
    """A form of address: how it is described, what it matches, and whether one that matches has its checksum."""

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
    """Return the payload of a base58check text (version and hash), or None."""
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
    """Return what is wrong with the name of a network, or None."""
    if NETWORK_NAME.fullmatch(network):
        return None
    return f"'{network[:64]}' is not the name of a network (letters, digits, '.', '_' and '-', at most 64)"


def form_of(network: str) -> Form | None:
    """Return the form a network's addresses have; None for a network that is not known here."""
    return FORM_OF_NETWORK.get(network.lower())


def problem(address: str, network: str) -> str | None:
    """Return what is wrong with an address of a network, or None. An unknown network takes any text without white space."""
    if not address:
        return "the address is empty"
    if len(address) > MAX_LENGTH:
        return f"the address is longer than {MAX_LENGTH} characters"
    if UNFIT.search(address):
        return "the address has white space inside"
    form = form_of(network)
    return None if form is None else form.problem(address, network)


def canonical(address: str) -> str:
    """Return the one way an address is written: EVM and bech32 in lower case, all others as they are.

    The warehouse does the same in the dbt macro `canonical_address`; a test holds the two together.
    """
    return address.lower() if CASELESS.fullmatch(address) else address


def share_addresses(network: str, other: str) -> bool:
    """Return whether an address of one network can be an address of the other: the same one, or both of the EVM family.

    The account behind an EVM address is one person's on every such network; elsewhere equal texts are chance.
    """
    if network.lower() == other.lower():
        return True
    return form_of(network) is EVM and form_of(other) is EVM


def is_of_another(address: str, network: str) -> bool:
    """Return whether a text that is no address of `network` is a whole one, checksum and all, of some other network."""
    if not 0 < len(address) <= MAX_LENGTH or UNFIT.search(address):
        return False
    own = form_of(network)
    if any(form is not own and form.problem(address, "") is None for form in (EVM, SS58, BITCOIN)):
        return True
    if own is not None and own.pattern.fullmatch(address):
        return False
    # Tron, Litecoin, Dash, Zcash and others: base58check with a version of their own.
    payload = _base58check(address) if re.fullmatch(_BASE58 + "{26,36}", address) else None
    return payload is not None and len(payload) in {21, 22}
