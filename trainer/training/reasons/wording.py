"""The sentences of an explanation, for someone who has never seen the features."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.model_types import plural
from trainer.models import LOG_ODDS, sigmoid
from trainer.training.reasons.catalogue import ZSCORE

if TYPE_CHECKING:
    from trainer.training.reasons.explanation import Explanation, Flow, Reason, Vote

RAISES, SPEAKS = "What raises the score", "Labels and rules (none of them is a feature)"
"""Headings of sections that are also shown alone."""
SHOWN = 160  # characters of a text from a file that are shown
LEVELS = {1: "low", 2: "medium", 3: "high", 4: "critical"}
FAMILIES = {
    "alert": "the alert itself",
    "address": "the activity of the address",
    "flows": "its flows and counterparties",
    "neighbours": "what its counterparties are like",
    "motifs": "small shapes of the flow graph around it",
    "fans": "payers and recipients that act alike",
    "relays": "money that it passes on",
    "transfers": "its single transfers",
    "clusters": "its clusters",
    "population": "comparisons with all addresses",
    "cluster": "the cluster itself",
    "members": "its members",
    "custom": "your own features",
    "export": "other columns of the export",
}
"""Family of features → what they are about; others go by their own name."""
SLIGHT = 0.01  # log-odds: a smaller contribution changes the odds by less than a per cent
NAMED = 0.05  # of the rest: families that change the odds by less are not named


def sections(one: Explanation) -> dict[str, list[str]]:
    """Return heading → sentences, in reading order, without those that have none."""
    found = {
        f"{one.grain.capitalize()} {plain(one.alert_id)}": _opening(one),
        RAISES: [_reason(one, reason) for reason in one.contributions if reason.contribution > 0],
        "What lowers the score": [_reason(one, reason) for reason in one.contributions if reason.contribution < 0],
        "The rest": _rest(one),
        SPEAKS: _votes(one),
        "Flows that matter": [_flow(one, flow) for flow in one.flows],
    }
    return {heading: said for heading, said in found.items() if said}


def plain(value: Any) -> str:
    """Return a text from a file on one line, cut if it is long; what could control a terminal or hide is replaced."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _opening(one: Explanation) -> list[str]:
    addresses = [one.address] if isinstance(one.address, str) else one.address
    about = f" ({', '.join(map(plain, one.typologies))})" if one.typologies else ""
    who = "" if one.grain == "address" else f" on {', '.join(map(plain, addresses[:3]))}{' …' if len(addresses) > 3 else ''}"
    where = f"in {plain(one.network)} on {one.processing_date}, a window of {one.window_days} days"
    said = [
        f"The {one.grain}{about}{who} has the score {one.score:.4f}, number {one.rank:,} of {one.rows:,} {where} "
        f"{_shared(one)}(model {one.model_id})."
    ]
    if one.learned_label is not None:
        said.append(
            f"The model was trained on a label of its address ({'risky' if one.learned_label >= 0.5 else 'benign'}): in part the "
            "score repeats what the model was told."
        )
    if one.unit != LOG_ODDS:
        what = f"It orders {plural(one.grain)} and is no probability."
        return [*said, f"{what} The reasons are those of its {one.unit} {one.raw:+.3f}; the mean is {one.base:+.3f}."]
    if one.is_calibrated:
        said.append(
            f"Scores are calibrated on unseen {plural(one.grain)} with a gold label: of those with this score, about "
            f"{100 * one.score:.0f} % are risky. Where no gold label is, the share may differ. The reasons below are those of "
            f"the score before calibration, {one.uncalibrated:.4f}."
        )
    start = f"{one.base:+.3f} (a score of {float(sigmoid(np.array(one.base))):.2f})"
    end = f"{one.raw:+.3f} ({one.uncalibrated:.4f})"
    return [*said, f"The reasons start from the mean log-odds, {start}, and lead to {end}."]


def _shared(one: Explanation) -> str:
    return f"(a score that {one.ties:,} share) " if one.ties > 1 else ""


def _reason(one: Explanation, reason: Reason) -> str:
    return f"{_what(one, reason)}; this {_effect(one.unit, reason.contribution)}."


def _what(one: Explanation, reason: Reason) -> str:
    description = plain(reason.description)
    if reason.value is None:
        return f"{description}: not known"
    text = _value(reason.value, reason.unit)
    if reason.percentile is None or reason.unit in {"flag", "id"}:
        return f"{description}: {text}"
    if reason.feature.endswith(ZSCORE):
        text = f"{abs(reason.value):.2g} standard deviations {'above' if reason.value >= 0 else 'below'} the mean"
    return f"{description}: {text} ({_standing(reason.percentile)} of the snapshot's {plural(one.grain)})"


def _standing(percentile: float) -> str:
    if percentile >= 50:
        return f"higher than {min(percentile, 99.9):.{0 if percentile < 99 else 1}f} %"
    return f"lower than {min(100 - percentile, 99.9):.{0 if percentile > 1 else 1}f} %"


def _value(value: float, unit: str) -> str:
    """Return a value with its unit as people write it."""
    if unit in _AS_TEXT:
        return _AS_TEXT[unit](value)
    if not unit and abs(value) < 100:
        return f"{value:.3g}"
    number = f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
    if unit in {"count", "id", ""}:
        return number
    return f"{number} {'day' if (unit, number) == ('days', '1') else plain(unit)}"


_AS_TEXT: dict[str, Callable[[float], str]] = {
    "flag": lambda value: "yes" if value else "no",
    "level": lambda value: LEVELS.get(round(value), f"{value:g}"),
    "weekday": lambda value: f"weekday number {value:.0f}",
    "hour": lambda value: f"{value:02.0f}:00 UTC",
    "ratio": lambda value: f"{100 * value:,.0f} %" if abs(value) >= 0.1 else f"{100 * value:.2g} %",
    "score": lambda value: f"{value:.3g}",
}


def _effect(unit: str, contribution: float) -> str:
    if unit != LOG_ODDS:
        return f"{'raises' if contribution > 0 else 'lowers'} the {unit} by {abs(contribution):.3f}"
    if abs(contribution) < SLIGHT:
        return "hardly changes the odds"
    factor = math.exp(min(abs(contribution), 50))
    if contribution < 0:
        return f"lowers the odds of being risky by {100 * (1 - 1 / factor):.0f} %"
    if factor < 2:
        return f"raises the odds of being risky by {100 * (factor - 1):.0f} %"
    return f"multiplies the odds of being risky by {factor:.1f}"


def _rest(one: Explanation) -> list[str]:
    if not one.other_count:
        return []
    if not one.others and not any(reason.contribution for reason in one.contributions):
        return [f"No feature moves the score: as far as they go, every {one.grain} is the same to the model."]
    families = {name: value for name, value in one.others_by_family.items() if abs(value) >= NAMED}
    ordered = sorted(families.items(), key=lambda item: -abs(item[1]))
    parts = ", ".join(f"{FAMILIES.get(name, name or 'others')} {_short(one.unit, value)}" for name, value in ordered)
    together = _effect(one.unit, one.others)
    return [f"What the other {one.other_count} features say, taken together, {together}{f': {parts}' if parts else ''}."]


def _short(unit: str, contribution: float) -> str:
    return f"× {math.exp(max(-50.0, min(50.0, contribution))):.2g}" if unit == LOG_ODDS else f"{contribution:+.3f}"


def _votes(one: Explanation) -> list[str]:
    own = [_vote(vote, one) for vote in one.votes if not vote.is_counterparty]
    near: dict[str, list[Vote]] = defaultdict(list)
    for vote in one.votes:
        if vote.is_counterparty:
            near[vote.address].append(vote)
    said = own or ["No label and no rule speaks of the address itself."]
    for address, votes in near.items():
        said.append(f"Its counterparty {plain(address)}: {'; '.join(_opinions(votes))}.")
    return said


def _opinions(votes: list[Vote]) -> list[str]:
    """Return what labels say one by one, and the rules together: they are many."""
    said = [_opinion(vote) for vote in votes if vote.kind == "gold"]
    for side in (1, 0):
        rules = [plain(vote.rule_id) for vote in votes if vote.kind != "gold" and vote.vote == side]
        if rules:
            who = f"the rule {rules[0]} says" if len(rules) == 1 else f"the rules {', '.join(rules[:-1])} and {rules[-1]} say"
            said.append(f"{who} {'risky' if side else 'benign'}")
    return said


def _vote(vote: Vote, one: Explanation) -> str:
    whom = "its address" if isinstance(one.address, str) else plain(vote.address)
    return f"On {whom}: {_opinion(vote)}."


def _opinion(vote: Vote) -> str:
    """Return what a vote says, with its source and date: as the label report names votes."""
    says = "risky" if vote.vote else "benign"
    evidence = f"“{plain(vote.evidence)}”, " if vote.evidence else ""
    if vote.kind == "gold":
        return f"{plain(vote.source)} labels it {says} ({evidence}{vote.day}, confidence {100 * vote.confidence:.0f} %)"
    why = f": {plain(vote.rule)[:1].lower()}{plain(vote.rule)[1:]}" if vote.rule else ""
    return f"the rule {plain(vote.rule_id)} says {says}{why} ({evidence}{vote.day}, confidence {100 * vote.confidence:.0f} %)"


def _flow(one: Explanation, flow: Flow) -> str:
    amount = "An unknown amount" if flow.volume_usd is None else f"{flow.volume_usd:,.0f} USD"
    way = "came from" if flow.direction == "in" else "went to"
    where = "" if isinstance(one.address, str) else f" (at {plain(flow.address)})"
    count = "" if flow.tx_count is None else f" in {flow.tx_count:,} {'transfer' if flow.tx_count == 1 else 'transfers'}"
    days = (
        "" if not flow.first_day else f", {flow.first_day}" + (f" to {flow.last_day}" if flow.last_day != flow.first_day else "")
    )
    gold = {vote.vote for vote in one.votes if vote.address == flow.counterparty and vote.kind == "gold"}
    labelled = " – labelled " + " and ".join("risky" if vote else "benign" for vote in sorted(gold, reverse=True)) if gold else ""
    return f"{amount} {way} {plain(flow.counterparty)}{count}{days}{where}{labelled}."
