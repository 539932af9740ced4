"""Accounts of every address format in several spellings, for the tests of the canonical one in Python and in SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One account: its network, its canonical address, and other spellings that SQL can and that only Python can read."""

    network: str
    canonical: str
    in_sql: tuple[str, ...] = ()
    in_python: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """All spellings, the canonical one first."""
        return (self.canonical, *self.in_sql, *self.in_python)


_EVM = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
_EIP55 = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # from EIP-55
_CASH = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"  # from the specification of CashAddr
_COSMOS = "cosmos1vqpjljwsynsn58dugz0w8ut7kun7t8ls2qkmsq"
_SHELLEY = (
    "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x"  # from CIP-19
)
_TON = "0:ed1691307050047117b998b561d8de82d31fbf84910ced6eb5fc92e7485ef8a7"
_STARK = "0x049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7"
_SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"  # from BIP-173
# One public key with the prefixes 42, 0, 2, 5, 10, 172 and 252.
_KEY = {
    "torus": "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqgj",
    "polkadot": "14AeRZ17jENMb5QaFcScs3vpTgx8R95oP8gw5cmDdU6BBJU",
    "kusama": "CdVAQdotJypfhtLPKNVNfan7RyYEnQ8BGExASuN9Lf4k2Aj",
    "astar": "VzTwPG23Bc18t6j6v1ZWNP43tQRQLHgk5uM1VqGXuSXagb5",
    "acala": "zvmELy2xdydvB83daQgPsiBHK7tgFSHgng15v3mrBQxzJeJ",
    "": "p8Azj3rWrbCHiZUWLMzu3zosnBimZWYtSmuyBPa28Dy8jBTyb",
    " ": "xw3e2VNf8LpF6E1oThw4fLdXTE4w6WtmNZiPRP6ogsyZJ7cCK",
}

ACCOUNTS = (
    *(
        Account(network, one, (), tuple(other for name, other in _KEY.items() if name != network))
        for network, one in _KEY.items()
        if network.strip()
    ),
    *(
        Account(network, _EVM, (_EIP55, _EVM.upper(), "0x" + _EVM[2:].upper(), "0X" + _EVM[2:], "0X" + _EIP55[2:]))
        for network in ("ethereum", "scroll", "eip155-8453")
    ),
    Account("harmony", "0x3aea49553ce2e478f1c0c5acc304a84f5f4d1f98", (), ("one18t4yj4fuutj83uwqckkvxp9gfa0568uc48ggj7",)),
    Account("bitcoin", _SEGWIT, (_SEGWIT.upper(),)),
    Account("bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),  # from BIP-350
    Account("bitcoin", "bc1pfeessrawgf", ("BC1PFEESSRAWGF",)),  # the shortest
    Account("bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    Account("bitcoin", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    Account("litecoin", "LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb"),
    Account("litecoin", "MQMHBtvnBfxTzt3K2bdxgSE7qZPHSXWsGM", (), ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",)),
    Account("dogecoin", "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L"),
    Account("dash", "XpESxaUmonkq8RaLLp46Brx2K39ggQe226"),
    Account("zcash", "t3Vz22vK5z2LcKEdg16Yv4FFneEL1zg9ojd"),
    Account("tron", "TEAqwfMhXLaomXhZ8KeMhx3njGmQEDnsUR"),
    Account("bitcoin-cash", _CASH, (_CASH[12:], _CASH[12:].upper(), _CASH.upper()), ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",)),
    Account(
        "bitcoin-cash", "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq", (), ("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",)
    ),
    Account("cosmos", _COSMOS, (_COSMOS.upper(),)),
    Account("cardano", _SHELLEY, (_SHELLEY.upper(),)),
    Account("cardano", "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi"),
    Account("solana", "So11111111111111111111111111111111111111112"),
    Account("solana", "11111111111111111111111111111111"),
    Account("ripple", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    Account(
        "ton",
        _TON,
        (
            "EQDtFpEwcFAEcRe5mLVh2N6C0x-_hJEM7W61_JLnSF74p4q2",
            "UQDtFpEwcFAEcRe5mLVh2N6C0x-_hJEM7W61_JLnSF74p9dz",
            "EQDtFpEwcFAEcRe5mLVh2N6C0x+/hJEM7W61/JLnSF74p4q2",
            "0:" + _TON[2:].upper(),
        ),
    ),
    Account("ton", f"-1:{'3' * 64}", ("Ef8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM0vF",)),
    Account("starknet", _STARK, ("0x" + _STARK[3:], "0X" + _STARK[3:].upper(), "0x" + _STARK[2:].upper())),
    Account("aptos", f"0x{'0' * 63}1", ("0x1", "0X01")),
    Account("sui", f"0x{'0' * 63}5", ("0x5",)),
    # Networks without a known format: case alone is unified, where it means nothing.
    Account("new", _EVM, (_EIP55, _EVM.upper())),
    Account("new", _SEGWIT, (_SEGWIT.upper(),)),
    Account("new", _COSMOS, (_COSMOS.upper(),)),
    *(Account("new", one) for one in ("Node-7", "0xAB", "0x1", "BC1", _KEY["polkadot"], _CASH[12:], "")),
)
