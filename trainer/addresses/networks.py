"""Which network has which address format: the seed `address_forms` of the dbt project, the only place that says so."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from trainer.addresses.encodings import is_ss58_prefix
from trainer.addresses.forms import EVM, FORMS, SS58, Form, Rule
from trainer.errors import BadInputError
from trainer.settings import seed_file

SEED = "address_forms"
COLUMNS = ("network", "form", "pattern", "prefix", "versions")
NETWORK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# A chain of the EVM family by its number, for chains whose name nobody knows (CAIP-2, ':' is none of a network's name).
EIP155 = re.compile(r"eip155-[0-9]+")
EXAMPLE = "ethereum"


def network_problem(network: str) -> str | None:
    """Return what is wrong with a network name, or None."""
    if NETWORK_NAME.fullmatch(network):
        return None
    return f"'{network[:64]}' is not the name of a network (letters, digits, '.', '_' and '-', at most 64)"


def networks() -> tuple[str, ...]:
    """Return the networks whose address format is known."""
    return tuple(rules())


def form_of(network: str) -> Form | None:
    """Return the address format of a network; None for an unknown network."""
    rule = rule_of(network)
    return None if rule is None else rule.form


def share_addresses(network: str, other: str) -> bool:
    """Return whether the same account on both networks is the same owner: one network, or two of the EVM or Substrate family.

    An EVM address has one owner on every EVM network, and the public key of an SS58 address on every Substrate network,
    whatever prefix it is written with. On other networks equal addresses are a coincidence.
    """
    if network.lower() == other.lower():
        return True
    form = form_of(network)
    return form in {EVM, SS58} and form is form_of(other)


@cache
def rule_of(network: str) -> Rule | None:
    """Return the row of the seed for a network; None for an unknown network."""
    name = network.lower()
    return rules().get(EXAMPLE if EIP155.fullmatch(name) else name)


@cache
def rules() -> dict[str, Rule]:
    """Return network → its row of the seed, which is read once in a process.

    Raises:
        BadInputError: the seed is missing, or a row of it cannot be used.
        UsageError: the dbt project was not found.
    """
    path = seed_file(SEED)
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                raise BadInputError(f"{path} has no column {', '.join(missing)}; take the seed of this version of the trainer.")
            return {row["network"]: _rule(path, reader.line_num, row) for row in reader}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path} cannot be read as CSV ({error}).") from error


def _rule(path: Path, line: int, row: dict[str, str]) -> Rule:
    form = FORMS.get(row["form"])
    if form is None:
        raise BadInputError(f"{path}, line {line}: there is no form '{row['form']}'; there are: {', '.join(FORMS)}.")
    if form is SS58 and row["prefix"] and not is_ss58_prefix(row["prefix"]):
        raise BadInputError(f"{path}, line {line}: '{row['prefix']}' is not the number of an SS58 prefix (0 to 16383).")
    try:
        return Rule(row["network"], form, re.compile(row["pattern"]), row["prefix"], row["versions"])
    except re.error as error:
        raise BadInputError(f"{path}, line {line}: the pattern is not a regular expression ({error}).") from error
