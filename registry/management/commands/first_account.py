"""`manage.py first_account`: the account that sets an empty registry up in the browser."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.actions.start import add_first_administrator
from registry.models import User, district_area


class Command(BaseCommand):
    help = "Adds the administrator that sets a registry up, where there is no account, and prints the first password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-none", action="store_true", help="do nothing where there are accounts already")
        parser.add_argument("--name", default="admin", help="its user name")

    def handle(self, *args: Any, if_none: bool = False, name: str, **options: Any) -> None:
        if User.objects.exists():
            if if_none:
                return
            raise CommandError(_("There are accounts already. Another administrator adds accounts at the desk."))
        password = secrets.token_urlsafe(12)
        user = add_first_administrator(name, district_area(), password)
        if not district_area():  # nobody has an area before the registry is started
            user.is_superuser = True
            user.save(update_fields=["is_superuser"])
        self.stdout.write(
            _("✓ administrator %(name)s, first password: %(password)s") % {"name": name, "password": password}
        )
