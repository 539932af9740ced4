"""Maps currency symbols to networks."""

from __future__ import annotations

from trainer.addresses import networks

NETWORKS = {
    "ADA": "cardano", "ARB": "arbitrum", "AVAX": "avalanche", "BASE": "base", "BCH": "bitcoin-cash", "BEP2": "binance-chain",
    "BEP20": "bsc", "BNB": "bsc", "BSC": "bsc", "BSV": "bitcoin-sv", "BTC": "bitcoin", "BTG": "bitcoin-gold", "DASH": "dash",
    "DOGE": "dogecoin", "DOT": "polkadot", "ETC": "ethereum-classic", "ETH": "ethereum", "FTM": "fantom", "KSM": "kusama",
    "LTC": "litecoin", "MATIC": "polygon", "NEO": "neo", "OP": "optimism", "POL": "polygon", "SOL": "solana",
    "TAO": "bittensor", "TRX": "tron", "VET": "vechain", "WAVES": "waves", "XBT": "bitcoin", "XLM": "stellar",
    "XMR": "monero", "XRP": "ripple", "XVG": "verge", "ZEC": "zcash", "ZIL": "zilliqa",
}  # fmt: skip

TOKENS = frozenset({"DAI", "USDC", "USDT"})
"""Symbols of tokens that are issued on several networks, and so identify none."""


def is_currency(symbol: str) -> bool:
    """Return whether a symbol is that of a known currency or token."""
    return symbol.upper() in {*NETWORKS, *TOKENS}


def network_of(currency: str) -> str:
    """Return the network of a currency symbol; '' for an unknown one, or a token issued on several networks."""
    return NETWORKS.get(currency.strip().upper(), "")


def network_named(text: str) -> str:
    """Return the network of a currency symbol or of a network's name in any case; '' for neither."""
    name = text.strip().lower().replace(" ", "-")
    return network_of(text) or (name if name in {*NETWORKS.values(), *networks()} else "")
