"""What `manage.py doctor` checks: settings, services and data of an installation, each finding with what to do."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from . import data, installation, services
from .finding import Finding, wrong

CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    installation.check_mode,
    installation.check_secret_key,
    installation.check_hosts,
    installation.check_https,
    installation.check_mail,
    installation.check_folders,
    installation.check_disks,
    services.check_database,
    services.check_clock,
    services.check_redis,
    services.check_worker,
    services.check_jobs,
    services.check_schedule,
    data.check_migrations,
    data.check_administrators,
    data.check_search_index,
    data.check_counts,
    data.check_evidence,
    data.check_loads,
    data.check_backups,
)


def examine() -> Iterator[Finding]:
    """All findings. A check that breaks off is a finding as well, and stops no other."""
    for check in CHECKS:
        try:
            yield from check()
        except Exception as error:  # a missing table, a server that is away: each says so in its own way
            reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
            yield wrong(
                _("The check %(check)s broke off (%(reason)s)") % {"check": check.__name__, "reason": reason},
                _("Put right what is named above it, then run doctor again"),
            )
