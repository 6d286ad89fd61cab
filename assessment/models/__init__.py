"""How it is judged: standards, secretary projects with their ledgers, supervision."""

from .projects import LedgerEntry, LedgerStage, ProjectProblem, SecretaryProject, latest_entry
from .standards import PassLine, Standard, StandardItem, VetoItem
from .supervision import AccountabilityAction, AccountabilityKind

__all__ = [
    "AccountabilityAction",
    "AccountabilityKind",
    "LedgerEntry",
    "LedgerStage",
    "PassLine",
    "ProjectProblem",
    "SecretaryProject",
    "Standard",
    "StandardItem",
    "VetoItem",
    "latest_entry",
]
