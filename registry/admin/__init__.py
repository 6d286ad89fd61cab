"""Admin screens for a district administrator: one file a family of nouns, as in models/."""

from . import accounts, areas, exchange, groupings, honours, points, policy, system

__all__ = ["accounts", "areas", "exchange", "groupings", "honours", "points", "policy", "system"]
