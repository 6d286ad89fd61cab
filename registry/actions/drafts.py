"""Filling in a site: begun once, saved while typing, submitted, sent back, taken over. Interface only for now."""


def unsettled_draft(point):
    """The draft of a point that is being filled in or was submitted, or None."""
    raise NotImplementedError


def take_over(draft, *, by):
    """The township accepts a submitted draft: a change of a named site is applied to it; the draft is settled."""
    raise NotImplementedError


def send_back(point, *, remarks, by):
    """Opens the point's draft again (or a new one) with remarks {field: text}; returns it."""
    raise NotImplementedError
