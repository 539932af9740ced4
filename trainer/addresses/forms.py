"""What each address format is: how a spelling becomes the canonical one, and whether its checksum holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from trainer.addresses.encodings import (
    base58_bytes,
    base58check_payload,
    base58check_text,
    bech32_bytes,
    cardano_holds,
    cashaddr_holds,
    cashaddr_text,
    eip55_holds,
    ripple_holds,
    segwit_holds,
    ss58_key,
    ss58_range,
    ss58_text,
    ton_account,
)

HASH_BYTES = 20  # of a public key or a script
LEGACY_CASH_KINDS = {0: "P2PKH", 5: "P2SH"}  # version byte of a base58check address → what the CashAddr pays to
# Bech32 in upper case; a human part of any network, and bc1 also where the witness program is short.
UPPER_BECH32 = "BC1[02-9AC-HJ-NP-Z]{11,87}|[A-Z]{2,16}1[02-9AC-HJ-NP-Z]{38,104}"
CASELESS = re.compile(f"0[xX][0-9a-fA-F]{{40}}|{UPPER_BECH32}")
_BECH32 = re.compile(f"[a-z]{{2,16}}1[02-9ac-hj-np-z]{{11,104}}|{UPPER_BECH32}")
_BASE58 = re.compile("[1-9A-HJ-NP-Za-km-z]{26,50}")
_CASH_PAYLOAD = re.compile("[02-9ac-hj-np-z]{42,104}|[02-9AC-HJ-NP-Z]{42,104}")
_HEX = re.compile("0[xX][0-9a-fA-F]{1,64}")


@dataclass(frozen=True)
class Rule:
    """One row of the seed `address_forms`: the format of a network's addresses and the format's parameters.

    Attributes:
        pattern: what a canonical address matches.
        prefix: number of an SS58 network, human part of bech32, prefix of CashAddr; '' for the others.
        versions: leading bytes of a base58check address, in hex; `05>32` is spelt with 32 instead.
    """

    network: str
    form: Form
    pattern: re.Pattern[str]
    prefix: str = ""
    versions: str = ""

    @property
    def description(self) -> str:
        """What the network's addresses are, for messages."""
        return self.form.description.format(prefix=self.prefix)


@dataclass(frozen=True)
class Form:
    """An address format.

    Attributes:
        name: its name in the seed.
        description: what its addresses are; `{prefix}` stands for the network's.
        checksum: what the checksum is called, for messages.
        respell: an address and its rule → the canonical spelling; None if the address is not of the format.
        holds: an address that matches the pattern, and its rule → whether its checksum holds.
        is_proof: whether an address of this format cannot be a misspelt one of another.
    """

    name: str
    description: str
    checksum: str
    respell: Callable[[str, Rule], str | None]
    holds: Callable[[str, Rule], bool]
    is_proof: bool = True


def _respell_evm(address: str, rule: Rule) -> str | None:
    if len(address) == 42 and CASELESS.fullmatch(address):
        return address.lower()
    # Harmony and Evmos also write the 20 bytes in bech32.
    if rule.prefix and _BECH32.fullmatch(address) and (raw := bech32_bytes(rule.prefix, address.lower())) is not None:
        return f"0x{raw.hex()}" if len(raw) == HASH_BYTES else None
    return None


def _evm_holds(address: str, rule: Rule) -> bool:
    return eip55_holds(address) if address[1] in "xX" else _respell_evm(address, rule) is not None


def _respell_ss58(address: str, rule: Rule) -> str | None:
    if not rule.prefix:
        return address if _ss58_holds(address, rule) else None
    low, high = ss58_range(int(rule.prefix))
    if low <= address <= high and len(address) == len(low):
        return address  # the prefix is right already, so neither decoded nor encoded; `holds` checks the rest
    key = ss58_key(address) if _BASE58.fullmatch(address) else None
    return None if key is None else ss58_text(key, int(rule.prefix))


def _ss58_holds(address: str, _rule: Rule) -> bool:
    return ss58_key(address) is not None


def _respell_base58check(address: str, rule: Rule) -> str | None:
    if ">" not in rule.versions or not _BASE58.fullmatch(address) or (raw := base58check_payload(address)) is None:
        return None
    for version in rule.versions.split():
        old, _, new = version.partition(">")
        if new and raw.hex().startswith(old) and len(raw) == HASH_BYTES + len(old) // 2:
            return base58check_text(bytes.fromhex(new) + raw[-HASH_BYTES:])
    return None


def _base58check_holds(address: str, rule: Rule) -> bool:
    if rule.prefix and address.lower().startswith(f"{rule.prefix}1"):
        return segwit_holds(rule.prefix, address.lower())
    raw = base58check_payload(address) if _BASE58.fullmatch(address) else None
    versions = (version.partition(">")[0] for version in rule.versions.split())
    return raw is not None and any(
        raw.hex().startswith(version) and len(raw) == HASH_BYTES + len(version) // 2 for version in versions
    )


def _respell_cashaddr(address: str, rule: Rule) -> str | None:
    head, colon, payload = address.rpartition(":")
    if (not colon or head.lower() == rule.prefix) and _CASH_PAYLOAD.fullmatch(payload):
        return f"{rule.prefix}:{payload.lower()}"
    raw = base58check_payload(address) if _BASE58.fullmatch(address) else None
    if raw is None or len(raw) != HASH_BYTES + 1 or raw[0] not in LEGACY_CASH_KINDS:
        return None
    return cashaddr_text(rule.prefix, LEGACY_CASH_KINDS[raw[0]], raw[1:])


def _cashaddr_holds(address: str, rule: Rule) -> bool:
    spelt = _respell_cashaddr(address, rule)
    return spelt is not None and cashaddr_holds(rule.prefix, spelt)


def _respell_case(address: str, _rule: Rule) -> str | None:
    return address.lower() if _BECH32.fullmatch(address) else None


def _bech32_holds(address: str, rule: Rule) -> bool:
    return _BECH32.fullmatch(address) is not None and bech32_bytes(rule.prefix, address.lower()) is not None


def _respell_hex32(address: str, _rule: Rule) -> str | None:
    return f"0x{address[2:].lower().zfill(64)}" if _HEX.fullmatch(address) else None


def _hex32_holds(address: str, _rule: Rule) -> bool:
    # Reserved addresses are short and the others have all their digits but by a chance of 2**-64: these are EVM addresses.
    return not 24 < len(address[2:].lstrip("0")) <= 40


def _respell_ton(address: str, _rule: Rule) -> str | None:
    return ton_account(address)


def _ton_holds(address: str, _rule: Rule) -> bool:
    return ton_account(address) is not None


def _respell_nothing(_address: str, _rule: Rule) -> str | None:
    return None


def _base58_holds(address: str, _rule: Rule) -> bool:
    return len(base58_bytes(address)) == 32


EVM = Form("evm", "EVM (0x and 40 hexadecimal digits)", "EIP-55", _respell_evm, _evm_holds)
SS58 = Form("ss58", "SS58 (46 to 50 base58 characters)", "SS58, 32-byte account", _respell_ss58, _ss58_holds)
FORMS = {
    form.name: form
    for form in (
        EVM,
        SS58,
        Form(
            "base58check",
            "base58check (26 to 35 characters, the first one as usual on this network) or, where there is segwit, bech32",
            "base58check, bech32 or bech32m",
            _respell_base58check,
            _base58check_holds,
        ),
        Form("cashaddr", "CashAddr ({prefix}:…) or base58check", "CashAddr", _respell_cashaddr, _cashaddr_holds),
        Form("bech32", "bech32 starting with {prefix}1", "bech32", _respell_case, _bech32_holds),
        Form("cardano", "bech32 starting with addr1, or Byron", "bech32 or CRC-32", _respell_case, lambda a, _: cardano_holds(a)),
        Form("ripple", "base58check starting with r", "base58check", _respell_nothing, lambda a, _: ripple_holds(a)),
        Form("ton", "TON (workchain:hash, or 48 base64 characters)", "CRC-16", _respell_ton, _ton_holds),
        # Without a checksum, or with any length: what a misspelt address of another network may look like.
        Form("base58", "base58 of 32 bytes", "a length of 32 bytes", _respell_nothing, _base58_holds, is_proof=False),
        Form("hex32", "0x and up to 64 hexadecimal digits", "not an EVM address", _respell_hex32, _hex32_holds, is_proof=False),
    )
}
