"""`manage.py send_digest`: the daily e-mail with what is to be done. Run twice, it sends nothing twice."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry.actions.digest import send_digests


class Command(BaseCommand):
    help = "Sends today's list of what is to be done to the accounts that asked for it, once a day at most."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SITE_URL:
            raise CommandError("SITE_URL is not set: the links in the mail would lead nowhere.")
        self.stdout.write(f"{send_digests(timezone.localdate())} sent")
