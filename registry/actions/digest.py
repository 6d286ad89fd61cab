"""The daily task e-mail for the accounts that want it. At most one a day, whoever sends it."""

import logging
from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from registry.models import User, registry_title
from registry.overviews.tasks import Task, tasks_of

logger = logging.getLogger(__name__)


def send_todays_digests() -> int:
    return send_digests(timezone.localdate())


def send_digests(today: date) -> int:
    """Sends the day's mail to every account that wants it, has an address, and has tasks. Returns the number of mails.
    It may run twice, and in two workers at once: nobody gets a second mail. Without SITE_URL nothing is sent, because
    the links would be broken."""
    if not settings.SITE_URL:
        return 0
    wanting = User.objects.filter(is_active=True, wants_digest=True).exclude(email="")
    return sum(_send(account, today) for account in wanting.filter(_unsent(today)).order_by("pk"))


def _unsent(today: date) -> Q:
    return Q(digest_sent_on=None) | Q(digest_sent_on__lt=today)


def _send(account: User, today: date) -> bool:
    with override(account.language):
        tasks = tasks_of(account, today)
        if not tasks or not User.objects.filter(_unsent(today), pk=account.pk).update(digest_sent_on=today):
            return False
        subject, text = written(account, tasks, today)
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [account.email])
    except OSError as error:  # errors of mail servers; the next run tries again
        logger.warning("the daily e-mail of account %s was not sent: %s", account.pk, error)
        User.objects.filter(pk=account.pk).update(digest_sent_on=account.digest_sent_on)
        return False
    return True


def site_address() -> str:
    """What the addresses of pages, which already contain the path prefix, stand behind in a mail."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(settings.SITE_URL))


def written(account: User, tasks: list[Task], today: date) -> tuple[str, str]:
    """Subject and text of the mail, in the active language."""
    count = ngettext("%(count)s thing to do", "%(count)s things to do", len(tasks)) % {"count": len(tasks)}
    site = site_address()
    context = {
        "name": str(account),
        "tasks": [(task, task.is_late(today), site + task.url) for task in tasks],
        "desk": site + reverse("desk"),
    }
    return f"{registry_title()}{_(': ')}{count}", render_to_string("registry/digest.txt", context)
