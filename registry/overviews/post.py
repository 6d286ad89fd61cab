"""The post of an account: what is open in it, for the page on which it is handed over."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from registry.models import ApiToken, Draft, Load, User, WebHook
from registry.models.drafts import UNSETTLED

from .tasks import Task, tasks_of


@dataclass(frozen=True)
class Post:
    """What an account leaves: `tasks` of its role and area with their days; `drafts` it writes and `loads` it sent,
    which go to the successor; `tokens` and `hooks`, which end with the account."""

    tasks: list[Task]
    drafts: list[Draft]
    loads: list[Load]
    tokens: int
    hooks: int

    @property
    def summary(self) -> dict[str, Any]:
        """For the event: what was open, by name, with the days."""
        return {
            "tasks": [f"{task.what}: {task.about}" + (f" ({task.due})" if task.due else "") for task in self.tasks],
            "drafts": [draft.code for draft in self.drafts],
            "loads": [str(load.key) for load in self.loads],
        }


def post_of(account: User) -> Post:
    """What is open in the post of `account` today."""
    return Post(
        tasks_of(account, timezone.localdate()),
        list(drafts_of(account)),
        list(loads_of(account)),
        ApiToken.objects.filter(owner=account, revoked_at=None).count(),
        WebHook.objects.filter(owner=account, is_on=True).count(),
    )


def drafts_of(account: User) -> QuerySet[Draft]:
    """The drafts that `account` writes and that are not settled."""
    rows = Draft.objects.unscoped("those of the account itself").filter(writers=account, state__in=UNSETTLED)
    return rows.select_related("point").order_by("pk")


def loads_of(account: User) -> QuerySet[Load]:
    """The files that `account` sent and that wait for it."""
    return Load.objects.unscoped("those of the account itself").waiting_for(account)
