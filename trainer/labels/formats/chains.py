"""Maps the ids of chains to networks: EVM chain ids and CAIP-2 (`eip155:1`)."""

from __future__ import annotations

EVM_CHAINS = {
    "1": "ethereum", "10": "optimism", "14": "flare", "25": "cronos", "50": "xdc", "56": "bsc", "61": "ethereum-classic",
    "100": "gnosis", "130": "unichain", "137": "polygon", "146": "sonic", "169": "manta", "204": "opbnb", "250": "fantom",
    "288": "boba", "324": "zksync", "369": "pulsechain", "480": "worldchain", "1088": "metis", "1101": "polygon-zkevm",
    "1116": "core", "1284": "moonbeam", "1285": "moonriver", "2020": "ronin", "2222": "kava-evm", "5000": "mantle",
    "8217": "kaia", "8453": "base", "9001": "evmos", "34443": "mode", "42161": "arbitrum", "42170": "arbitrum-nova",
    "42220": "celo", "43114": "avalanche", "59144": "linea", "80094": "berachain", "81457": "blast", "167000": "taiko",
    "534352": "scroll", "7777777": "zora", "11155111": "sepolia", "1313161554": "aurora", "1666600000": "harmony",
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
