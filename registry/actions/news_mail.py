"""E-mails at once about returns and decisions, for the accounts that want them. The worker sends them after the act, so
that no act waits for a mail server or fails with it."""

import logging
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Min
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from registry.access.permissions import may
from registry.models import Event, User, registry_title
from registry.overviews.news import News, decisive, news_of

from .digest import site_address
from .records import newest_event
from .webhooks import settled_after

logger = logging.getLogger(__name__)
AT_ONCE, ROUNDS = 500, 20  # events looked at together, and how often in one run
MOST = 20  # lines of a mail


def send_news_mails() -> int:
    """Sends one mail with all that was returned or decided since the last one to each account that wants it. Returns
    the number of mails. It may run twice, and in two workers at once: nobody gets a second mail. Without SITE_URL
    nothing is sent, because the links would be broken. A mail that failed is tried again in the next run."""
    if not settings.SITE_URL:
        return 0
    wanting = User.objects.filter(is_active=True, wants_news_mail=True).exclude(email="").order_by("pk")
    start, count = wanting.aggregate(start=Min("news_mailed_to"))["start"], 0
    if start is None:
        return 0
    # After a restore into another database the numbers of its events may be lower.
    wanting.filter(news_mailed_to__gt=(newest := newest_event())).update(news_mailed_to=newest)
    for _round in range(ROUNDS):
        events = settled_after(min(start, newest), AT_ONCE)
        if not events:
            break
        start = events[-1].pk
        for account in wanting.filter(news_mailed_to__lt=start):
            try:
                count += _send(account, start)
            except OSError as error:  # of the mail server: the other accounts would wait for it too
                logger.warning("news were not mailed to account %s: %s", account.pk, error)
                return count
    return count


def _send(account: User, until: int) -> bool:
    """Mails the decisive news up to the event `until`. Raises OSError if the mail server does not take it."""
    since = account.news_mailed_to
    events = Event.objects.filter(decisive(), pk__gt=since, pk__lte=until).exclude(actor=account)
    with override(account.language):
        news = news_of(account, events, MOST) if may(account, "record.view") else []
        if not User.objects.filter(pk=account.pk, news_mailed_to=since).update(news_mailed_to=until) or not news:
            return False
        subject, text = written(account, news)
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [account.email])
    except (SMTPRecipientsRefused, SMTPDataError) as error:  # trying again would not help
        logger.warning("the mail server refuses news for account %s: %s", account.pk, error)
        return False
    except OSError:
        User.objects.filter(pk=account.pk, news_mailed_to=until).update(news_mailed_to=since)
        raise
    return True


def written(account: User, news: list[News]) -> tuple[str, str]:
    """Subject and text of the mail, in the active language."""
    site, first = site_address(), news[0]
    subject = f"{first.about}{_(': ')}{first.act}"
    if len(news) > 1:
        subject = ngettext("%(count)s return or decision", "%(count)s returns and decisions", len(news))
        subject %= {"count": len(news)}
    context = {
        "name": str(account),
        "news": [(item, site + item.url) for item in news],
        "desk": site + reverse("desk"),
    }
    return f"{registry_title()}{_(': ')}{subject}", render_to_string("registry/news_mail.txt", context)
