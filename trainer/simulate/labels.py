"""Simulates labels: a curated source of truth (SOT), a user's own list, and the ground truth in a file of its own."""

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
from .arrow import Stamp, decode
from .patterns import NO_TYPOLOGY, PlantedPatterns
from .transfers import DAY_SECONDS
from .typologies import TYPOLOGIES

SOT_SHARE = 0.10  # of the addresses with an alert on any date
SOT_WRONG = 0.04
SOT_MEDIUM = 0.06
CUSTOM_SHARE = 0.09
CUSTOM_OVERLAP = 0.12  # share of a custom list that is also in the SOT
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
# How likely a curator is to know an address of an honest role, in units of the noise in the selection.
_FAME = {EXCHANGE: 6.0, EMPLOYER: 2.5, CONTRACT: 3.0, MERCHANT: 2.0, BROKER: 2.0, WHALE: 1.2, DEPOSIT: -1.5, USER: -3.0}
# The same for laundering: cases with one visible centre become public, small schemes hardly do.
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
class Labels:
    """k labels, ordered by address. All arrays (k,)."""

    who: np.ndarray  # index of the actor
    claim: np.ndarray  # bool, whether the label calls the actor illicit
    risk: np.ndarray  # index into _RISK
    kind: np.ndarray  # index into _KINDS
    confidence: np.ndarray

    def among(self, actors: np.ndarray) -> Labels:
        """Return the labels of ``actors`` only."""
        keep = np.isin(self.who, actors)
        return Labels(self.who[keep], self.claim[keep], self.risk[keep], self.kind[keep], self.confidence[keep])


def curate(actors: Actors, planted: PlantedPatterns, alerted: np.ndarray, volume: np.ndarray, rng: np.random.Generator) -> Labels:
    """Return the labels of the source of truth: exchanges and other well-known addresses, and the largest launderers.

    Selection follows visibility, so that, as in practice, the labelled addresses are not a random sample.

    Args:
        alerted: the actors with an alert on any date.
        volume: USD handled by each actor, (n,).
    """
    illicit = actors.illicit[alerted]
    size = np.log1p(volume[alerted])
    size = (size - size.mean()) / max(float(size.std()), 1e-9)
    fame = np.array([_FAME.get(role, 0.0) for role in range(len(ROLE_NAMES))])[actors.role[alerted]]
    notoriety = np.full(NO_TYPOLOGY + 1, -1.5)
    notoriety[: len(TYPOLOGIES)] = [_NOTORIETY[t] for t in TYPOLOGIES]
    crime = notoriety[planted.typology[alerted]]
    visibility = np.where(illicit, 1.8 * size + crime, 0.5 * size + fame) + rng.gumbel(0, 1.0, len(alerted))
    chosen = alerted[np.argsort(-visibility, kind="stable")[: round(SOT_SHARE * len(alerted))]]
    unlisted = np.setdiff1d(actors.of_role(EXCHANGE, CONTRACT, EMPLOYER), chosen)
    chosen = np.sort(np.concatenate([chosen, unlisted[rng.random(len(unlisted)) < 0.5]]))
    claim = actors.illicit[chosen] ^ (rng.random(len(chosen)) < SOT_WRONG)
    confidence = np.clip(rng.normal(0.93, 0.05, len(chosen)), 0.6, 1.0)
    return _labels(actors, chosen, claim, confidence, SOT_MEDIUM, rng)


def collect(actors: Actors, alerted: np.ndarray, volume: np.ndarray, known: np.ndarray, rng: np.random.Generator) -> Labels:
    """Return the labels of a user's own list: small scams reported by customers, and known wallets.

    The confidence is calibrated: of labels with confidence 0.7, seven in ten are correct.

    Args:
        alerted: the actors with an alert on any date.
        volume: USD handled by each actor, (n,).
        known: the actors that the source of truth labels.
    """
    illicit = actors.illicit[alerted]
    size = np.log1p(volume[alerted])
    size = (size - size.mean()) / max(float(size.std()), 1e-9)
    people = np.isin(actors.role[alerted], (USER, MERCHANT, DEPOSIT))
    appeal = np.where(illicit, 1.1 - 0.4 * size, np.where(people, 0.2, -1.0)) + rng.gumbel(0, 1.0, len(alerted))
    ranked = alerted[np.argsort(-appeal, kind="stable")]
    in_sot = np.isin(ranked, known)
    wanted = round(CUSTOM_SHARE * len(alerted))
    shared = round(CUSTOM_OVERLAP * wanted)
    chosen = np.sort(np.concatenate([ranked[in_sot][:shared], ranked[~in_sot][: wanted - shared]]))
    confidence = 0.55 + 0.42 * rng.beta(2.2, 1.6, len(chosen))
    claim = actors.illicit[chosen] ^ (rng.random(len(chosen)) > confidence)
    return _labels(actors, chosen, claim, confidence, CUSTOM_MEDIUM, rng)


def _labels(
    actors: Actors, who: np.ndarray, claim: np.ndarray, confidence: np.ndarray, medium: float, rng: np.random.Generator
) -> Labels:
    size = len(who)
    risk = np.where(claim, np.where(rng.random(size) < 0.3, 3, 2), 0)
    risk = np.where(rng.random(size) < medium, 1, risk)
    roles = list(_BENIGN)
    known = np.array([roles.index(role) if role in roles else 0 for role in range(len(ROLE_NAMES))])[actors.role[who]]
    crime = len(roles) + np.where((actors.role[who] == MIXER), len(_ILLICIT) - 1, rng.integers(0, len(_ILLICIT) - 1, size))
    return Labels(who, claim, risk, np.where(claim, crime, known), np.round(confidence, 2))


def sot_table(labels: Labels, names: pa.Array, network: str, timeline: Timeline, rng: np.random.Generator) -> pa.Table:
    """Return the rows of ``address-labels``: without date and window, times in milliseconds, as in the real export."""
    rows = len(labels.who)
    first, last = timeline.date_days[0] - 120, timeline.date_days[-1] + 20
    created = timeline.origin + np.rint(rng.uniform(first, last, rows) * DAY_SECONDS).astype(np.int64)
    updated = created + np.rint(rng.exponential(6 * DAY_SECONDS, rows)).astype(np.int64)
    kinds = labels.kind
    text = pa.repeat
    return pa.table(
        {
            "network": text(network, rows),
            "network_type": text(network_type(network), rows),
            "address": names.take(pa.array(labels.who)),
            "label": decode(tuple(k[0] for k in _KINDS), kinds),
            "address_type": decode(tuple(k[1] for k in _KINDS), kinds),
            "address_subtype": decode(tuple(k[2] for k in _KINDS), kinds),
            "trust_level": decode(_TRUST, rng.choice(3, rows, p=[0.2, 0.6, 0.2])),
            "source": decode(_SOT_SOURCES, rng.choice(3, rows, p=[0.5, 0.35, 0.15])),
            "risk_level": decode(_RISK, labels.risk),
            "confidence_score": pa.array(labels.confidence.astype(np.float32)),
            "created_timestamp": pa.array((created * 1000).astype(np.uint64)),
            "updated_timestamp": pa.array((updated * 1000).astype(np.uint64)),
        }
    )


def custom_table(labels: Labels, names: pa.Array, network: str, stamp: Stamp) -> pa.Table:
    """Return the rows of the user's own list for one snapshot, in the guide's columns."""
    rows = len(labels.who)
    return pa.table(
        {
            "processing_date": pa.repeat(stamp.processing_date.isoformat(), rows),
            "window_days": pa.repeat(pa.scalar(stamp.window_days, pa.uint16()), rows),
            "network": pa.repeat(network, rows),
            "address": names.take(pa.array(labels.who)),
            "label": decode(tuple(k[0].lower().replace(" ", "_") for k in _KINDS), labels.kind),
            "risk_level": decode(_RISK, labels.risk),
            "confidence_score": pa.array(labels.confidence),
            "source": pa.repeat("customer_reports", rows),
        }
    )


def truth_table(actors: Actors, planted: PlantedPatterns, names: pa.Array) -> pa.Table:
    """Return the ground truth of every address, for evaluation only."""
    codes = np.where(planted.typology == NO_TYPOLOGY, len(TYPOLOGIES), planted.typology)
    instance = pa.array(planted.instance.astype(str))
    return pa.table(
        {
            "address": names,
            "is_illicit": pa.array(actors.illicit),
            "role": decode(ROLE_NAMES, actors.role),
            "typology": decode((*TYPOLOGIES, ""), codes),
            "pattern_instance_id": pc.if_else(pa.array(planted.instance >= 0), instance, pa.scalar("")),
        }
    )
