"""What people say about addresses: a curated source of truth, a user's own list, and the truth itself, kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .actors import (
    BROKER,
    CONTRACT,
    DEPOSIT,
    EMPLOYER,
    EXCHANGE,
    MERCHANT,
    MIXER,
    ROLE_NAMES,
    USER,
    WHALE,
    Actors,
    Timeline,
)
from .addresses import network_type
from .arrow import Stamp, words
from .patterns import NO_TYPOLOGY, Plot
from .transfers import DAY_SECONDS
from .typologies import TYPOLOGIES

SOT_SHARE = 0.10  # of the addresses that are alerted on any date
SOT_WRONG = 0.04
SOT_MEDIUM = 0.06
CUSTOM_SHARE = 0.09
CUSTOM_OVERLAP = 0.12  # part of a custom list that the source of truth knows too
CUSTOM_MEDIUM = 0.05

_BENIGN = {  # role → (label, address_type, address_subtype)
    USER: ("Wallet", "wallet", ""),
    MERCHANT: ("Merchant", "merchant", ""),
    EMPLOYER: ("Payroll", "institution", "payroll"),
    EXCHANGE: ("Exchange hot wallet", "exchange", "hot_wallet"),
    DEPOSIT: ("Exchange deposit", "exchange", "deposit"),
    WHALE: ("Fund", "institution", "fund"),
    CONTRACT: ("Contract", "contract", ""),
    BROKER: ("Payment processor", "institution", "payment"),
}
_ILLICIT = (
    ("Scam", "flagged", "scam"),
    ("Darknet market", "flagged", "darknet"),
    ("Sanctioned", "flagged", "sanctions"),
    ("Known exploit", "flagged", "exploit"),
    ("Mixing service", "flagged", "mixer"),
)
_KINDS = (*_BENIGN.values(), *_ILLICIT)
_SOT_SOURCES = ("compliance_desk", "network_explorer", "sanctions_list")
_TRUST = ("community", "verified", "official")
_RISK = ("low", "medium", "high", "critical")
# How well known an honest role is to a curator, in units of the noise in the selection.
_FAME = {EXCHANGE: 6.0, EMPLOYER: 2.5, CONTRACT: 3.0, MERCHANT: 2.0, BROKER: 2.0, WHALE: 1.2, DEPOSIT: -1.5, USER: -3.0}
# Cases that end in a press release are those with one visible centre; small tricks hardly get a name.
_NOTORIETY = {
    "fan_in": 0.8,
    "layering": 0.4,
    "mixer_use": 0.6,
    "fan_out": 0.2,
    "cycle": -1.5,
    "structuring": -1.2,
    "peel_chain": -1.0,
}


@dataclass(frozen=True)
class Opinion:
    """Who is labelled how. ``says`` is what the label claims (illicit or not). All (k,), by address."""

    who: np.ndarray
    says: np.ndarray
    risk: np.ndarray  # index into _RISK
    kind: np.ndarray  # index into _KINDS
    confidence: np.ndarray

    def among(self, actors: np.ndarray) -> Opinion:
        """Only what concerns ``actors``."""
        keep = np.isin(self.who, actors)
        return Opinion(self.who[keep], self.says[keep], self.risk[keep], self.kind[keep], self.confidence[keep])


def curate(actors: Actors, plot: Plot, alerted: np.ndarray, volume: np.ndarray, rng: np.random.Generator) -> Opinion:
    """The source of truth: exchanges and other known names, and those launderers who moved most.

    ``alerted`` are actors with an alert on any date, ``volume`` (n,) is the USD each actor handled. Selection follows
    visibility, so the sample is neither random nor like the unlabelled rest: that is the point of it.
    """
    illicit = actors.illicit[alerted]
    size = np.log1p(volume[alerted])
    size = (size - size.mean()) / max(float(size.std()), 1e-9)
    fame = np.array([_FAME.get(role, 0.0) for role in range(len(ROLE_NAMES))])[actors.role[alerted]]
    notoriety = np.full(NO_TYPOLOGY + 1, -1.5)
    notoriety[: len(TYPOLOGIES)] = [_NOTORIETY[t] for t in TYPOLOGIES]
    crime = notoriety[plot.typology[alerted]]
    visibility = np.where(illicit, 1.8 * size + crime, 0.5 * size + fame) + rng.gumbel(0, 1.0, len(alerted))
    chosen = alerted[np.argsort(-visibility, kind="stable")[: round(SOT_SHARE * len(alerted))]]
    silent = np.setdiff1d(actors.of_role(EXCHANGE, CONTRACT, EMPLOYER), chosen)
    chosen = np.sort(np.concatenate([chosen, silent[rng.random(len(silent)) < 0.5]]))
    says = actors.illicit[chosen] ^ (rng.random(len(chosen)) < SOT_WRONG)
    confidence = np.clip(rng.normal(0.93, 0.05, len(chosen)), 0.6, 1.0)
    return _opinion(actors, chosen, says, confidence, SOT_MEDIUM, rng)


def collect(actors: Actors, alerted: np.ndarray, volume: np.ndarray, known: np.ndarray, rng: np.random.Generator) -> Opinion:
    """A user's own list: small scams their customers reported, and wallets they know.

    The confidence is honest: a label of confidence 0.7 is right seven times in ten.
    """
    illicit = actors.illicit[alerted]
    size = np.log1p(volume[alerted])
    size = (size - size.mean()) / max(float(size.std()), 1e-9)
    people = np.isin(actors.role[alerted], (USER, MERCHANT, DEPOSIT))
    appeal = np.where(illicit, 1.1 - 0.4 * size, np.where(people, 0.2, -1.0)) + rng.gumbel(0, 1.0, len(alerted))
    ranked = alerted[np.argsort(-appeal, kind="stable")]
    seen = np.isin(ranked, known)
    wanted = round(CUSTOM_SHARE * len(alerted))
    shared = round(CUSTOM_OVERLAP * wanted)
    chosen = np.sort(np.concatenate([ranked[seen][:shared], ranked[~seen][: wanted - shared]]))
    confidence = 0.55 + 0.42 * rng.beta(2.2, 1.6, len(chosen))
    says = actors.illicit[chosen] ^ (rng.random(len(chosen)) > confidence)
    return _opinion(actors, chosen, says, confidence, CUSTOM_MEDIUM, rng)


def _opinion(
    actors: Actors, who: np.ndarray, says: np.ndarray, confidence: np.ndarray, medium: float, rng: np.random.Generator
) -> Opinion:
    size = len(who)
    risk = np.where(says, np.where(rng.random(size) < 0.3, 3, 2), 0)
    risk = np.where(rng.random(size) < medium, 1, risk)
    roles = list(_BENIGN)
    known = np.array([roles.index(role) if role in roles else 0 for role in range(len(ROLE_NAMES))])[actors.role[who]]
    crime = len(roles) + np.where((actors.role[who] == MIXER), len(_ILLICIT) - 1, rng.integers(0, len(_ILLICIT) - 1, size))
    return Opinion(who, says, risk, np.where(says, crime, known), np.round(confidence, 2))


def sot_table(opinion: Opinion, names: pa.Array, network: str, timeline: Timeline, rng: np.random.Generator) -> pa.Table:
    """The file ``address-labels``: no date and no window, times in milliseconds, as in the real export."""
    rows = len(opinion.who)
    first, last = timeline.date_days[0] - 120, timeline.date_days[-1] + 20
    created = timeline.origin + np.rint(rng.uniform(first, last, rows) * DAY_SECONDS).astype(np.int64)
    updated = created + np.rint(rng.exponential(6 * DAY_SECONDS, rows)).astype(np.int64)
    kinds = opinion.kind
    text = pa.repeat
    return pa.table(
        {
            "network": text(network, rows),
            "network_type": text(network_type(network), rows),
            "address": names.take(pa.array(opinion.who)),
            "label": words(tuple(k[0] for k in _KINDS), kinds),
            "address_type": words(tuple(k[1] for k in _KINDS), kinds),
            "address_subtype": words(tuple(k[2] for k in _KINDS), kinds),
            "trust_level": words(_TRUST, rng.choice(3, rows, p=[0.2, 0.6, 0.2])),
            "source": words(_SOT_SOURCES, rng.choice(3, rows, p=[0.5, 0.35, 0.15])),
            "risk_level": words(_RISK, opinion.risk),
            "confidence_score": pa.array(opinion.confidence.astype(np.float32)),
            "created_timestamp": pa.array((created * 1000).astype(np.uint64)),
            "updated_timestamp": pa.array((updated * 1000).astype(np.uint64)),
        }
    )


def custom_table(opinion: Opinion, names: pa.Array, network: str, stamp: Stamp) -> pa.Table:
    """Rows of the user's own list in the guide's columns, for one snapshot."""
    rows = len(opinion.who)
    return pa.table(
        {
            "processing_date": pa.repeat(stamp.processing_date.isoformat(), rows),
            "window_days": pa.repeat(pa.scalar(stamp.window_days, pa.uint16()), rows),
            "network": pa.repeat(network, rows),
            "address": names.take(pa.array(opinion.who)),
            "label": words(tuple(k[0].lower().replace(" ", "_") for k in _KINDS), opinion.kind),
            "risk_level": words(_RISK, opinion.risk),
            "confidence_score": pa.array(opinion.confidence),
            "source": pa.repeat("customer_reports", rows),
        }
    )


def truth_table(actors: Actors, plot: Plot, names: pa.Array) -> pa.Table:
    """The answer, for every address that exists: never an input of anything but evaluation."""
    codes = np.where(plot.typology == NO_TYPOLOGY, len(TYPOLOGIES), plot.typology)
    instance = pa.array(plot.instance.astype(str))
    return pa.table(
        {
            "address": names,
            "is_illicit": pa.array(actors.illicit),
            "role": words(ROLE_NAMES, actors.role),
            "typology": words((*TYPOLOGIES, ""), codes),
            "pattern_instance_id": pc.if_else(pa.array(plot.instance >= 0), instance, pa.scalar("")),
        }
    )
