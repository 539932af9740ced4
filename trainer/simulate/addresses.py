"""Encodes random keys as addresses in the form of a network, in bulk."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa

SUBSTRATE_NETWORKS = frozenset({"torus", "bittensor", "polkadot", "kusama", "substrate"})
BITCOIN_NETWORKS = frozenset({"bitcoin", "btc"})

_BASE58 = np.frombuffer(b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", dtype=np.uint8)
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_SS58_PREFIX = 42  # generic Substrate: every address starts with 5 and has 48 characters
_P2SH_VERSION = 5  # Bitcoin pay-to-script-hash: starts with 3, always 34 characters


def network_type(network: str) -> str:
    """Return the family of a network: ``substrate``, ``utxo`` or ``evm``."""
    name = network.lower()
    if name in SUBSTRATE_NETWORKS:
        return "substrate"
    return "utxo" if name in BITCOIN_NETWORKS else "evm"


def sorted_addresses(network: str, keys: np.ndarray) -> tuple[pa.StringArray, np.ndarray]:
    """Encode public keys as addresses and sort them.

    Args:
        keys: random bytes, uint8 (n, 32).

    Returns:
        The addresses (n,) in byte order and, in the same order, a fingerprint of each key, uint64 (n,), from which stable ids
        are derived.
    """
    kind = network_type(network)
    encode = {"substrate": _ss58, "utxo": _base58check, "evm": _evm}[kind]
    text = encode(keys)
    order = np.argsort(text.view(f"S{text.shape[1]}").ravel(), kind="stable")
    return _strings(text[order]), keys[order, :8].copy().view(np.uint64).ravel()


def hex_ids(prefix: str, *parts: np.ndarray | int) -> pa.StringArray:
    """Return ids (n,) of ``prefix`` and 16 hex digits, a pure function of the uint64 ``parts`` (arrays (n,) or scalars)."""
    mixed = np.array([0x9E3779B97F4A7C15], np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            mixed = _splitmix64(mixed ^ np.asarray(part).astype(np.uint64))
    raw = mixed.astype(">u8").view(np.uint8).reshape(-1, 8)
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    return _strings(np.hstack([np.broadcast_to(head, (len(raw), len(head))), _hex_digits(raw)]))


def _splitmix64(value: np.ndarray) -> np.ndarray:
    # Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014: a bijection of 64 bits.
    value = (value + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _strings(text: np.ndarray) -> pa.StringArray:
    """Return rows of ASCII codes, uint8 (n, width), as an Arrow string array (n,)."""
    count, width = text.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))


def _hex_digits(raw: np.ndarray) -> np.ndarray:
    return np.stack([_HEX[raw >> 4], _HEX[raw & 15]], axis=2).reshape(len(raw), 2 * raw.shape[1])


def _evm(keys: np.ndarray) -> np.ndarray:
    head = np.broadcast_to(np.frombuffer(b"0x", dtype=np.uint8), (len(keys), 2))
    return np.hstack([head, _hex_digits(keys[:, :20])])


def _ss58(keys: np.ndarray) -> np.ndarray:
    body = np.hstack([np.full((len(keys), 1), _SS58_PREFIX, np.uint8), keys])
    # hashlib has no batch form, so this loops over the addresses, at about a microsecond each.
    sums = b"".join(hashlib.blake2b(b"SS58PRE" + row).digest()[:2] for row in _rows(body))
    return _base58(np.hstack([body, np.frombuffer(sums, np.uint8).reshape(-1, 2)]), width=48)


def _base58check(keys: np.ndarray) -> np.ndarray:
    body = np.hstack([np.full((len(keys), 1), _P2SH_VERSION, np.uint8), keys[:, :20]])
    sha = hashlib.sha256
    sums = b"".join(sha(sha(row).digest()).digest()[:4] for row in _rows(body))
    return _base58(np.hstack([body, np.frombuffer(sums, np.uint8).reshape(-1, 4)]), width=34)


def _rows(body: np.ndarray) -> list[bytes]:
    width = body.shape[1]
    whole = body.tobytes()
    return [whole[at : at + width] for at in range(0, len(whole), width)]


def _base58(payload: np.ndarray, width: int) -> np.ndarray:
    """Return the base58 digits of big-endian numbers: uint8 (n, bytes) → ASCII codes, uint8 (n, width)."""
    padding = -payload.shape[1] % 4
    padded = np.pad(payload, ((0, 0), (padding, 0)))
    limbs = padded.view(">u4").astype(np.uint64)
    digits: list[np.ndarray] = []
    step = np.uint64(58**5)  # five digits per long division keep the dividend below 2**62
    while len(digits) < width:
        rest = np.zeros(len(limbs), np.uint64)
        for column in range(limbs.shape[1]):
            value = (rest << np.uint64(32)) | limbs[:, column]
            limbs[:, column] = value // step
            rest = value % step
        for _ in range(5):
            digits.append((rest % np.uint64(58)).astype(np.uint8))
            rest //= np.uint64(58)
    return _BASE58[np.stack(digits[:width][::-1], axis=1)]
