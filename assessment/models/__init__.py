"""How it is judged: standards, secretary projects with their ledgers, supervision."""

from .projects import LedgerEntry, LedgerStage, ProjectProblem, SecretaryProject, latest_entry
from .reviews import Notice, Outcome, RaisedVeto, Review, ReviewScore, Round, longest_unchecked
from .standards import PassLine, Standard, StandardItem, VetoItem
from .supervision import AccountabilityAction, AccountabilityKind, SupervisionFinding

__all__ = [
    "AccountabilityAction",
    "AccountabilityKind",
    "LedgerEntry",
    "LedgerStage",
    "Notice",
    "Outcome",
    "PassLine",
    "ProjectProblem",
    "RaisedVeto",
    "Review",
    "ReviewScore",
    "Round",
    "SecretaryProject",
    "Standard",
    "StandardItem",
    "SupervisionFinding",
    "VetoItem",
    "latest_entry",
    "longest_unchecked",
]
