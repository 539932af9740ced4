"""Encodings of addresses and their checksums, by libraries: bip-utils, eth-utils and the standard library.

Libraries are imported where they are used: most commands read no address, and `trainer --help` is instant.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache, lru_cache

SS58_KEY_BYTES = 32
TON_RAW = re.compile(r"(-1|0):([0-9a-fA-F]{64})")
TON_FRIENDLY = re.compile(r"[A-Za-z0-9_+/-]{48}")
TON_TAGS = (0x11, 0x51, 0x91, 0xD1)  # bounceable and not, for the main network and for the test network


def eip55_holds(address: str) -> bool:
    """Return whether the case of the letters of an EVM address is its checksum, or is all one."""
    digits = address[2:]
    if digits == digits.lower() or digits == digits.upper():  # no set: this runs millions of times
        return True  # written without a checksum
    from eth_utils.address import is_checksum_address

    return is_checksum_address(f"0x{digits}")


def is_ss58_prefix(text: str) -> bool:
    """Return whether a text is the number of an SS58 prefix; 46 and 47 are reserved."""
    return re.fullmatch("[0-9]{1,5}", text) is not None and int(text) <= 16383 and int(text) not in {46, 47}


@lru_cache(maxsize=100_000)  # an address is first checked, then spelt
def ss58_key(address: str) -> bytes | None:
    """Return the 32-byte public key of an SS58 address of any prefix; None if it is none, or its checksum fails."""
    from bip_utils import SS58ChecksumError, SS58Decoder, SS58Encoder

    try:
        prefix, key = SS58Decoder.Decode(address)
    except (SS58ChecksumError, ValueError, IndexError):
        return None
    # The decoder takes a first byte of 128 and above, which no address has.
    return key if prefix < 64 or SS58Encoder.Encode(key, prefix) == address else None


def ss58_text(key: bytes, prefix: int) -> str:
    """Return the SS58 address of a 32-byte public key."""
    from bip_utils import SS58Encoder

    return SS58Encoder.Encode(key, prefix)


@cache
def ss58_range(prefix: int) -> tuple[str, str]:
    """Return the first and last text, in ASCII order, that may be an SS58 address of a prefix; they have the usual length.

    Base58 digits ascend as their ASCII codes do. An address of prefix 0 may be shorter, which is then decoded.
    """
    from bip_utils import Base58Decoder, Base58Encoder, SS58Encoder

    raw = Base58Decoder.Decode(SS58Encoder.Encode(b"\xff" * SS58_KEY_BYTES, prefix))
    head = raw[: -SS58_KEY_BYTES - 2]
    high = Base58Encoder.Encode(head + b"\xff" * (SS58_KEY_BYTES + 2))
    return Base58Encoder.Encode(head + b"\x00" * (SS58_KEY_BYTES + 2)).ljust(len(high), "1"), high


def base58_bytes(text: str) -> bytes:
    """Return the bytes of base58 text."""
    from bip_utils import Base58Decoder

    return Base58Decoder.Decode(text)


@lru_cache(maxsize=100_000)
def base58check_payload(address: str) -> bytes | None:
    """Return the payload (version and hash) of base58check text, or None if its checksum fails."""
    from bip_utils import Base58ChecksumError, Base58Decoder

    try:
        return Base58Decoder.CheckDecode(address)
    except (Base58ChecksumError, ValueError):
        return None


def base58check_text(payload: bytes) -> str:
    """Return the base58check text of a payload."""
    from bip_utils import Base58Encoder

    return Base58Encoder.CheckEncode(payload)


def ripple_holds(address: str) -> bool:
    """Return whether the checksum of an XRP Ledger address holds; its base58 has an alphabet of its own."""
    from bip_utils import Base58Alphabets, Base58ChecksumError, Base58Decoder

    try:
        payload = Base58Decoder.CheckDecode(address, Base58Alphabets.RIPPLE)
    except (Base58ChecksumError, ValueError):
        return False
    return len(payload) == 21 and payload[0] == 0


def bech32_bytes(prefix: str, address: str) -> bytes | None:
    """Return the bytes of bech32 text with a human part, or None if it has another or its checksum fails."""
    from bip_utils import Bech32ChecksumError, Bech32Decoder

    try:
        return Bech32Decoder.Decode(prefix, address)
    except (Bech32ChecksumError, ValueError):
        return None


def segwit_holds(prefix: str, address: str) -> bool:
    """Return whether a segwit address has a valid witness program and checksum (BIP-173, BIP-350)."""
    from bip_utils import Bech32ChecksumError, SegwitBech32Decoder

    try:
        SegwitBech32Decoder.Decode(prefix, address)
    except (Bech32ChecksumError, ValueError):
        return False
    return True


def cashaddr_holds(prefix: str, address: str) -> bool:
    """Return whether the checksum of a CashAddr, with its prefix, holds."""
    from bip_utils import BchBech32Decoder, Bech32ChecksumError

    try:
        BchBech32Decoder.Decode(prefix, address)
    except (Bech32ChecksumError, ValueError):
        return False
    return True


def cashaddr_text(prefix: str, kind: str, digest: bytes) -> str:
    """Return the CashAddr of a 20-byte hash of a public key (`P2PKH`) or script (`P2SH`)."""
    from bip_utils import BchBech32Encoder

    return BchBech32Encoder.Encode(prefix, b"\x00" if kind == "P2PKH" else b"\x08", digest)


def cardano_holds(address: str) -> bool:
    """Return whether the checksum of a Cardano address, Shelley or Byron, holds."""
    if address[:5].lower() == "addr1":
        return bech32_bytes("addr", address.lower()) is not None
    from bip_utils import AdaByronAddrDecoder

    try:
        AdaByronAddrDecoder.DecodeAddr(address)
    except ValueError:
        return False
    return True


def ton_account(address: str) -> str | None:
    """Return a TON account as workchain:hash, from any of its spellings; None if it is none, or its checksum fails."""
    if raw := TON_RAW.fullmatch(address):
        return f"{raw[1]}:{raw[2].lower()}"
    if not TON_FRIENDLY.fullmatch(address):
        return None
    data = base64.b64decode(address.replace("-", "+").replace("_", "/"))
    if data[0] not in TON_TAGS or data[1] not in {0, 255} or binascii.crc_hqx(data[:-2], 0) != int.from_bytes(data[-2:], "big"):
        return None
    return f"{0 if data[1] == 0 else -1}:{data[2:-2].hex()}"
