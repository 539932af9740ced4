"""The form of an address catches a list of another network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import addresses

EVM = "0x" + "aB" * 20
SS58 = "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqgj"
BITCOIN = (
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
)


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


@given(st.text(max_size=300), st.sampled_from([*addresses.FORM_OF_NETWORK, "new", ""]))
def test_any_text_gets_an_answer_of_bounded_length(address: str, network: str) -> None:
    answer = addresses.problem(address, network)
    assert answer is None or 0 < len(answer) < 300


def test_an_unknown_network_has_no_form() -> None:
    assert addresses.form_of("new") is None
    assert addresses.form_of("TORUS") == addresses.form_of("torus")
