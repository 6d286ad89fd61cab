"""The models of assessment: standards, reviews, secretary projects with their ledgers, schemes, supervision."""

from .packs import InspectionPack
from .projects import LedgerEntry, LedgerStage, Light, ProjectProblem, SecretaryProject, latest_entry
from .promises import PLAIN, PROMISED, Amendment, Promise, fingerprint, promised_of
from .reviews import Notice, Outcome, RaisedVeto, Review, ReviewScore, Round, longest_unchecked
from .schemes import (
    FINDINGS,
    FINDINGS_LABEL,
    Appeal,
    ItemScore,
    Scheme,
    SchemeItem,
    SchemeKind,
    SchemeResult,
    SchemeState,
)
from .standards import PassLine, Standard, StandardItem, VetoItem, best_grade
from .supervision import (
    AccountabilityAction,
    AccountabilityKind,
    FindingState,
    StepAct,
    SupervisionFinding,
    SupervisionStep,
)

__all__ = [
    "FINDINGS",
    "FINDINGS_LABEL",
    "PLAIN",
    "PROMISED",
    "AccountabilityAction",
    "AccountabilityKind",
    "Amendment",
    "Appeal",
    "FindingState",
    "InspectionPack",
    "ItemScore",
    "LedgerEntry",
    "LedgerStage",
    "Light",
    "Notice",
    "Outcome",
    "PassLine",
    "ProjectProblem",
    "Promise",
    "RaisedVeto",
    "Review",
    "ReviewScore",
    "Round",
    "Scheme",
    "SchemeItem",
    "SchemeKind",
    "SchemeResult",
    "SchemeState",
    "SecretaryProject",
    "Standard",
    "StandardItem",
    "StepAct",
    "SupervisionFinding",
    "SupervisionStep",
    "VetoItem",
    "best_grade",
    "fingerprint",
    "latest_entry",
    "longest_unchecked",
    "promised_of",
]
