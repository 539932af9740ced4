"""What is wrong with an address, and whether it is one of another network."""

from __future__ import annotations

import re
from functools import cache

from trainer.addresses.encodings import base58check_payload
from trainer.addresses.forms import SS58, Rule
from trainer.addresses.networks import rule_of, rules
from trainer.addresses.spelling import canonical

MAX_LENGTH = 256
UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
_BASE58CHECK = re.compile("[1-9A-HJ-NP-Za-km-z]{26,36}")


def problem(address: str, network: str) -> str | None:
    """Return what is wrong with an address of a network, or None; an unknown network accepts any text without white space."""
    if not address:
        return "the address is empty"
    if len(address) > MAX_LENGTH:
        return f"the address is longer than {MAX_LENGTH} characters"
    if UNFIT.search(address):
        return "the address has white space inside"
    rule = rule_of(network)
    return None if rule is None else _problem(address, network, rule)


def is_of_another(address: str, network: str) -> bool:
    """Return whether a text that is not an address of `network` is a valid address, checksum included, of another network."""
    if not 0 < len(address) <= MAX_LENGTH or UNFIT.search(address):
        return False
    own = rule_of(network)
    is_own = own is not None and _matches(address, own)
    if own is not None and is_own and own.form.holds(address, own):
        return False
    if any(_matches(address, rule) and rule.form.holds(address, rule) for rule in _proofs()):
        return True
    if is_own:
        return False
    # Base58check with the version bytes of a network that the seed does not have.
    payload = base58check_payload(address) if _BASE58CHECK.fullmatch(address) else None
    return payload is not None and len(payload) in {21, 22}


def _problem(address: str, network: str, rule: Rule) -> str | None:
    # Most addresses are canonical already, and match as they are.
    if not (rule.pattern.fullmatch(address) or _matches(address, rule)):
        return f"'{address[:64]}' is not an address of {network}, which are {rule.description}"
    if not rule.form.holds(address, rule):
        return f"'{address}' fails its checksum ({rule.form.checksum}): is it misspelt?"
    return None


def _matches(address: str, rule: Rule) -> bool:
    return rule.pattern.fullmatch(canonical(address, rule.network)) is not None


@cache
def _proofs() -> tuple[Rule, ...]:
    """Return one rule for each kind of address that cannot be a misspelt one of another kind."""
    kinds: dict[tuple[str, str, str], Rule] = {}
    for rule in rules().values():
        if rule.form.is_proof:
            # An SS58 address of any prefix is one of every Substrate network.
            kinds.setdefault((rule.form.name, "" if rule.form is SS58 else rule.prefix, rule.versions), rule)
    return tuple(kinds.values())
