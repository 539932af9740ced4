"""One account of a network has one address, however a list or a snapshot spells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from bip_utils import SS58Encoder
from hypothesis import given
from hypothesis import strategies as st

from tests.support.addresses import ACCOUNTS, Account
from trainer import addresses
from trainer.addresses import networks
from trainer.addresses.networks import rule_of, rules
from trainer.errors import BadInputError
from trainer.settings import project_dir

SUBSTRATE = [name for name in networks() if addresses.form_of(name) is addresses.SS58]
PREFIXES = st.integers(0, 16383).filter(lambda number: number not in {46, 47})
KEYS = st.binary(min_size=32, max_size=32)
SPELLINGS = [(account.network, spelling) for account in ACCOUNTS for spelling in account.spellings if spelling]


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda one: f"{one.network}-{one.canonical[:16]}")
def test_every_spelling_of_an_account_is_valid_and_becomes_the_canonical_one(account: Account) -> None:
    for spelling in account.spellings:
        assert addresses.canonical(spelling, account.network) == account.canonical, spelling
        assert addresses.canonical(spelling, account.network.upper()) == account.canonical, spelling
        assert not spelling or addresses.problem(spelling, account.network) is None, spelling


def test_every_format_of_the_seed_has_an_account() -> None:
    assert {addresses.form_of(account.network) for account in ACCOUNTS} == {
        addresses.form_of(name) for name in (*networks(), "new")
    }


@pytest.mark.parametrize("network", sorted({account.network for account in ACCOUNTS}))
def test_a_column_is_spelt_as_its_addresses_one_by_one(network: str) -> None:
    texts = [spelling for _, spelling in SPELLINGS] + ["", "x", "0x1", "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqg0"]
    expected = [addresses.canonical(text, network) for text in texts]
    assert addresses.canonical_all(texts, network) == expected
    assert addresses.canonical_array(pa.array([*texts, None]), network).to_pylist() == [*expected, None]
    assert addresses.canonical_array(pa.array([], pa.string()), network).to_pylist() == []


# ---- properties -----------------------------------------------------------------------------------------------------


def mutated(text: str) -> st.SearchStrategy[str]:
    """Texts near an address: a character replaced, left out or doubled, or the case turned."""
    place = st.integers(0, max(len(text) - 1, 0))
    near = st.builds(
        lambda at, new: text[:at] + new + text[at + 1 :], place, st.sampled_from(["", "0", "1", "a", "Q", "q", text[:2]])
    )
    return st.one_of(st.just(text), near, st.sampled_from([text.lower(), text.upper(), text.swapcase()]))


ADDRESSES = st.one_of(
    st.sampled_from([spelling for _, spelling in SPELLINGS]).flatmap(mutated),
    st.text(alphabet="0123456789abcdefABCDEFxXbc1qpzLT:_-", max_size=70),
    st.text(max_size=80),
)


@given(ADDRESSES, st.sampled_from([*networks(), "new", "eip155-1", ""]))
def test_the_canonical_spelling_is_final_and_no_less_valid(address: str, network: str) -> None:
    spelt = addresses.canonical(address, network)
    assert addresses.canonical(spelt, network) == spelt
    before, after = addresses.problem(address, network), addresses.problem(spelt, network)
    if addresses.form_of(network) is addresses.EVM:
        # EIP-55 is a checksum of letters' case, which the canonical spelling has no more.
        assert after is None or before is not None
    else:
        assert (before is None) == (after is None), spelt


@given(KEYS, PREFIXES, PREFIXES, st.sampled_from(SUBSTRATE))
def test_a_key_has_one_address_on_a_network_whatever_prefix_it_is_written_with(
    key: bytes, one: int, other: int, network: str
) -> None:
    spelt = {addresses.canonical(SS58Encoder.Encode(key, prefix), network) for prefix in (one, other)}
    assert spelt == {SS58Encoder.Encode(key, int(rules()[network].prefix))}
    assert {addresses.problem(SS58Encoder.Encode(key, prefix), network) for prefix in (one, other)} == {None}


@given(KEYS, PREFIXES)
def test_a_network_without_a_known_prefix_keeps_an_address(key: bytes, prefix: int) -> None:
    address = SS58Encoder.Encode(key, prefix)
    assert addresses.canonical(address) == addresses.canonical(address, "new") == address


@given(KEYS, st.sampled_from(SUBSTRATE))
def test_two_keys_never_share_an_address(key: bytes, network: str) -> None:
    other = bytes([key[0] ^ 1]) + key[1:]
    assert addresses.canonical(SS58Encoder.Encode(key, 0), network) != addresses.canonical(SS58Encoder.Encode(other, 0), network)


# ---- checksums ------------------------------------------------------------------------------------------------------

WITHOUT_CHECKSUM = {"base58", "hex32", "evm"}  # and TON's canonical spelling, a workchain and a hash
CHECKED = [
    (account.network, spelling)
    for account in ACCOUNTS
    for spelling in account.spellings
    if (form := addresses.form_of(account.network)) is not None and form.name not in WITHOUT_CHECKSUM and spelling[1] not in ":1"
]


@pytest.mark.parametrize(("network", "spelling"), CHECKED)
def test_one_wrong_character_of_any_spelling_is_detected(network: str, spelling: str) -> None:
    for place in range(len(spelling) - 1, 3, -3):
        old = spelling[place]
        new = next(one for one in "qpzrQPZR23" if one.lower() != old.lower() and one.isupper() == old.isupper())
        wrong = spelling[:place] + new + spelling[place + 1 :]
        assert addresses.problem(wrong, network), wrong
        assert addresses.canonical(wrong, network) != addresses.canonical(spelling, network)


@pytest.mark.parametrize("network", ["starknet", "aptos", "sui"])
@pytest.mark.parametrize("address", ["0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", f"0x{'1' * 65}", "0x", "1", "0xg"])
def test_an_evm_address_is_none_of_a_network_of_32_bytes(network: str, address: str) -> None:
    assert addresses.problem(address, network)


# ---- the seed -------------------------------------------------------------------------------------------------------


@pytest.fixture
def seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose seed the test may write, read anew."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "dbt_project.yml").touch()
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path))
    for cached in (rules, rule_of):
        cached.cache_clear()
    yield tmp_path / "seeds" / "address_forms.csv"
    for cached in (rules, rule_of):
        cached.cache_clear()


def test_a_network_added_to_the_seed_has_its_format(seed: Path) -> None:
    lines = (Path(__file__).parents[2] / "dbt_project" / "seeds" / "address_forms.csv").read_text("utf-8")
    assert "mychain" not in lines
    seed.write_text(lines + 'mychain,ss58,"^[1-9A-HJ-NP-Za-km-z]{46,50}$",172,\n', "utf-8")
    account = ACCOUNTS[0]
    assert addresses.canonical(account.canonical, "MyChain") == "p8Azj3rWrbCHiZUWLMzu3zosnBimZWYtSmuyBPa28Dy8jBTyb"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("network,form,pattern\n", "no column prefix, versions"),
        ("network,form,pattern,prefix,versions\nx,nothing,^$,,\n", "no form 'nothing'.*evm"),
        ("network,form,pattern,prefix,versions\nx,ss58,^$,46,\n", "line 2.*'46'"),
        ("network,form,pattern,prefix,versions\nx,ss58,^$,torus,\n", "'torus'"),
        ("network,form,pattern,prefix,versions\nx,evm,(,,\n", "line 2.*regular expression"),
    ],
)
def test_a_seed_that_cannot_be_used_is_refused(seed: Path, text: str, reason: str) -> None:
    seed.write_text(text, "utf-8")
    with pytest.raises(BadInputError, match=f"address_forms.csv.*{reason}"):
        addresses.form_of("ethereum")


def test_a_missing_seed_is_refused(seed: Path) -> None:
    with pytest.raises(BadInputError, match=r"address_forms.csv cannot be read"):
        addresses.canonical("x", "ethereum")


def test_a_canonical_address_matches_its_networks_pattern() -> None:
    for account in ACCOUNTS:
        rule = rule_of(account.network)
        assert rule is None or rule.pattern.search(account.canonical), account
    assert (project_dir() / "seeds" / "address_forms.csv").is_file()


@given(st.lists(st.none() | st.text(max_size=6) | st.text("0aZ~", max_size=6), max_size=5), st.integers(0, 2))
def test_text_is_plain_without_white_space_control_and_other_characters(texts: list[str | None], start: int) -> None:
    column = pa.array(texts, pa.string()).slice(start)
    assert addresses.is_plain(column) == all("!" <= letter <= "~" for text in column.to_pylist() for letter in text or "")
