"""What an address of a network looks like.

The form is checked, not the checksum: enough to catch a list of another network, which is the mistake people make.
"""

from __future__ import annotations

import re

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
FORMS = {
    "EVM (0x and 40 hexadecimal digits)": re.compile(r"0[xX][0-9a-fA-F]{40}"),
    "SS58 (46 to 49 base58 characters)": re.compile(_BASE58 + "{46,49}"),
    "Bitcoin (base58 starting with 1 or 3, or bech32 starting with bc1)": re.compile(
        "[13]" + _BASE58 + "{25,34}|bc1[02-9ac-hj-np-z]{11,87}|BC1[02-9AC-HJ-NP-Z]{11,87}"
    ),
}
_EVM, _SS58, _BITCOIN = FORMS
FORM_OF_NETWORK = {
    **dict.fromkeys(("torus", "bittensor", "polkadot", "kusama"), _SS58),
    **dict.fromkeys(
        ("ethereum", "base", "arbitrum", "optimism", "polygon", "bsc", "avalanche", "gnosis", "fantom", "zksync", "linea"), _EVM
    ),
    "bitcoin": _BITCOIN,
}
MAX_LENGTH = 256
UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")


NETWORK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def network_problem(network: str) -> str | None:
    """Return what is wrong with the name of a network, or None."""
    if NETWORK_NAME.fullmatch(network):
        return None
    return f"'{network[:64]}' is not the name of a network (letters, digits, '.', '_' and '-', at most 64)"


def form_of(network: str) -> str | None:
    """Return the name of the form a network's addresses have; None for a network that is not known here."""
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
    if form is not None and not FORMS[form].fullmatch(address):
        return f"'{address[:64]}' is not an address of {network}, which are {form}"
    return None
