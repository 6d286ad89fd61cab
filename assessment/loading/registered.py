"""Makes the kinds of this application known to loading."""

from . import projects, schemes, scores, supervision  # noqa: F401
