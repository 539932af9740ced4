"""Maps the ids of chains to networks: EVM chain ids and CAIP-2 (`eip155:1`)."""

from __future__ import annotations

EVM_CHAINS = {
    "1": "ethereum", "10": "optimism", "56": "bsc", "61": "ethereum-classic", "100": "gnosis", "137": "polygon", "250": "fantom",
    "324": "zksync", "8453": "base", "42161": "arbitrum", "43114": "avalanche", "59144": "linea",
}  # fmt: skip
# CAIP-2 names a chain that is not of the EVM by the start of its genesis hash.
OTHER_CHAINS = {
    "bip122:000000000019d6689c085ae165831e93": "bitcoin",
    "polkadot:91b171bb158e2d3848fa23a9f1c25182": "polkadot",
    "polkadot:b0a8d493285c2df73290dfb7e61f870f": "kusama",
    "solana:5eykt4usfv8p8njdtrepy1vzqkqzkvdp": "solana",
}
ANY_EVM_CHAIN = "eip155:any"


def network_of_chain(chain: str) -> str:
    """Return the network of a chain id, a number or CAIP-2; an unknown chain becomes a network of its own, `eip155-<id>`.

    '' if there is none, and for `eip155:any`, an account with the same owner on every EVM chain.
    """
    text = chain.strip().lower()
    if text.isascii() and text.isdigit():
        text = f"eip155:{text}"
    if text in {"", ANY_EVM_CHAIN}:
        return ""
    namespace, _, reference = text.partition(":")
    known = EVM_CHAINS.get(reference) if namespace == "eip155" else OTHER_CHAINS.get(text)
    return known or text.replace(":", "-")
