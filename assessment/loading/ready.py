"""Makes the kinds of this application known to loading."""

from . import projects, scores, supervision  # noqa: F401
