"""The address formats of networks: which network has which, checksums, and the one spelling that is stored.

Sources: EIP-55 (mixed-case checksum of EVM addresses), the SS58 registry's format, BIP-13 and BIP-173/350 (Bitcoin), the
specification of CashAddr, TEP-2 (TON), SNIP-1 and AIP-40 (Starknet, Aptos). The seed `address_forms` says which network has
which format. A failed checksum reveals a misspelt address; a wrong format reveals a list of another network.
"""

from __future__ import annotations

from trainer.addresses.checks import MAX_LENGTH, UNFIT, is_of_another, problem
from trainer.addresses.forms import EVM, SS58, Form
from trainer.addresses.networks import form_of, network_problem, networks, share_addresses
from trainer.addresses.spelling import canonical, canonical_all, canonical_array, is_plain

__all__ = [
    "EVM",
    "MAX_LENGTH",
    "SS58",
    "UNFIT",
    "Form",
    "canonical",
    "canonical_all",
    "canonical_array",
    "form_of",
    "is_of_another",
    "is_plain",
    "network_problem",
    "networks",
    "problem",
    "share_addresses",
]
