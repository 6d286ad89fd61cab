"""What is done regularly, and when: one list, read by Celery beat and by the worker that needs no Redis. It names the
functions and imports none, since Celery reads it before there are models. Web hooks are called beside it, so that no
job waits for a receiver (`actions/webhook_delivery.py`)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Work:
    """Something done regularly: the function `does`, which takes nothing and may run twice. Either `every` so many
    seconds, or once at each of the `hours` of a day, at `minute`; later that day where nobody was there at the time,
    but within `late` of it."""

    name: str
    does: str
    every: float = 0
    hours: tuple[int, ...] = ()
    minute: int = 0
    late: timedelta = timedelta(days=1)

    def due_at(self, now: datetime) -> datetime | None:
        """The newest time of the day of `now` at which it is due; None before the first, and when it is too late."""
        times = [now.replace(hour=hour, minute=self.minute, second=0, microsecond=0) for hour in self.hours]
        return max((time for time in times if timedelta() <= now - time < self.late), default=None)


SCHEDULE = (
    Work("sweep", "registry.actions.jobs.sweep", every=30),
    Work("seal", "registry.actions.event_chain.seal", every=10),
    Work("alive", "registry.actions.scheduled.sign_alive", every=60),
    Work("news-mail", "registry.actions.news_mail.send_news_mails", every=30),
    Work("fold-counts", "registry.actions.tallies.fold_counts", every=300),
    Work("export-events", "registry.actions.event_seal.export_daily", hours=(0,), minute=20),
    Work("backup", "registry.actions.backup.daily.back_up_daily", hours=(1,), minute=30),
    Work("tidy", "registry.actions.cleanup.tidy", hours=(2,), minute=45),
    Work("reindex", "registry.actions.jobs.enqueue_reindex", hours=(3,), minute=15),
    # A mail that failed is tried again in the next hour; nobody gets two.
    Work("digest", "registry.actions.digest.send_todays_digests", hours=(7, 8, 9), late=timedelta(hours=1)),
)
