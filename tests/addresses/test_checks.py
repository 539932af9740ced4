"""The form of an address catches a list of another network, its checksum a typing error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import addresses

EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # from EIP-55
SS58 = "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqgj"
BITCOIN = (
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",  # from BIP-173
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",  # from BIP-350
)
TRON = "TEAqwfMhXLaomXhZ8KeMhx3njGmQEDnsUR"


@pytest.mark.parametrize(
    ("address", "network"),
    [(EVM, "ethereum"), (EVM.upper(), "base"), (SS58, "torus"), (SS58, "Bittensor"), *((one, "bitcoin") for one in BITCOIN)],
)
def test_an_address_of_the_network_is_fine(address: str, network: str) -> None:
    assert addresses.problem(address, network) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (EVM, "torus"), (SS58, "ethereum"), (EVM, "bitcoin"), (BITCOIN[0], "polygon"), (EVM[:-1], "ethereum"),
        (EVM + "0", "ethereum"), (SS58.replace("C", "0"), "torus"), (EVM + "\n", "ethereum"),
    ],
)  # fmt: skip
def test_an_address_of_another_form_is_told(address: str, network: str) -> None:
    assert addresses.problem(address, network)


def test_the_message_names_the_network_and_its_form() -> None:
    assert "torus" in str(addresses.problem(EVM, "torus")) and "SS58" in str(addresses.problem(EVM, "torus"))


@pytest.mark.parametrize("address", ["", " ", "a b", "a\tb", "a\nb", "a\x00b", "x" * 257])
def test_no_network_takes_these(address: str) -> None:
    assert addresses.problem(address, "some_new_network")


@given(st.text(max_size=300), st.sampled_from([*addresses.networks(), "new", ""]))
def test_any_text_is_valid_or_has_a_problem_of_bounded_length(address: str, network: str) -> None:
    answer = addresses.problem(address, network)
    assert answer is None or 0 < len(answer) < 300


def test_an_unknown_network_has_no_form() -> None:
    assert addresses.form_of("new") is None
    assert addresses.form_of("TORUS") == addresses.form_of("torus")


# ---- checksums ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (EVM, "ethereum"), (EVM.lower(), "ethereum"), (EVM[:2] + EVM[2:].upper(), "ethereum"),
        ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "base"), ("155dDX3rWoNsY4aiJFbsu6wLB91c2J2Ws5BgMfJKyM1eGnkS", "polkadot"),
    ],
)  # fmt: skip
def test_a_checksum_that_holds_is_fine(address: str, network: str) -> None:
    assert addresses.problem(address, network) is None


WHOLE = [(EVM, "ethereum"), (SS58, "torus"), *((one, "bitcoin") for one in BITCOIN)]


@pytest.mark.parametrize(("address", "network"), WHOLE)
def test_one_wrong_character_is_detected_at_any_position(address: str, network: str) -> None:
    for place in range(4, len(address)):
        old = address[place]
        new = next(one for one in "qpzrQPZR23" if one.lower() != old.lower() and one.isupper() == old.isupper())
        if network == "ethereum" and not old.isalpha():
            continue  # EIP-55 is a checksum of letters' case; a digit has none
        if network == "ethereum":
            new = old.swapcase()
        assert addresses.problem(address[:place] + new + address[place + 1 :], network), (address, place)


@pytest.mark.parametrize(
    "address",
    [
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",  # version 0 with the checksum of version 1
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  # version 1 with that of version 0
        "bc1Qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",  # both cases
        "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",  # of the test network
        "LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb",  # of Litecoin
    ],
)
def test_invalid_bitcoin_addresses_are_detected(address: str) -> None:
    assert addresses.problem(address, "bitcoin")


def test_an_ss58_key_that_is_not_an_account_is_detected() -> None:
    import hashlib

    import base58

    for size in (30, 31, 33):
        body = bytes([42]) + bytes([255]) * size
        text = base58.b58encode(body + hashlib.blake2b(b"SS58PRE" + body).digest()[:2]).decode()
        assert addresses.problem(text, "torus"), size


# ---- whose it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network", "expected"),
    [
        (EVM, "bitcoin", True), (BITCOIN[0], "ethereum", True), (SS58, "ethereum", True), (TRON, "ethereum", True), (TRON, "bitcoin", True),
        ("LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb", "torus", True), (EVM[:-1], "ethereum", False), (TRON[:-1], "ethereum", False), ("", "ethereum", False),
        (EVM.swapcase().replace("X", "x"), "ethereum", False), (EVM, "ethereum", False), (SS58, "polkadot", False), (TRON, "tron", False),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "bitcoin", True), ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "ethereum", True),
        (EVM, "starknet", True), (EVM + "0", "ethereum", False), (SS58[:-4], "torus", False), (EVM, "", True), (SS58[:-1], "", False), (BITCOIN[0][:-1] + "b", "bitcoin", False), ("x" * 999, "ethereum", False), (EVM[:-1], "bitcoin", False),
    ],
)  # fmt: skip
def test_a_whole_address_of_another_network_is_told_from_a_broken_one(address: str, network: str, expected: bool) -> None:
    assert addresses.is_of_another(address, network) is expected


def test_networks_of_the_evm_and_of_the_substrate_family_share_their_addresses_and_no_others_do() -> None:
    assert addresses.share_addresses("ethereum", "BASE") and addresses.share_addresses("new", "New")
    assert addresses.share_addresses("eip155-8453", "base") and addresses.share_addresses("eip155-1", "eip155-10")
    assert addresses.share_addresses("polkadot", "torus") and addresses.share_addresses("Bittensor", "kusama")
    assert not addresses.share_addresses("bitcoin", "bitcoin-cash") and not addresses.share_addresses("polkadot", "ethereum")
    assert not addresses.share_addresses("aptos", "sui") and not addresses.share_addresses("new", "newer")


def test_a_hundred_thousand_addresses_take_seconds() -> None:
    import time

    started = time.process_time()
    assert all(addresses.problem(EVM, "ethereum") is None for _ in range(20_000))
    assert time.process_time() - started < 4
