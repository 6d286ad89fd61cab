"""`manage.py start_district CODE`: an empty database becomes a district's own registry."""

import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.actions import start
from registry.models import Role, User
from registry.text.refusals import Refused


class Command(BaseCommand):
    help = (
        "Makes an empty database a district's own registry: areas, names, parameters, the ten items, an administrator."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="the area code of the district, such as 130208, or of a larger area")
        parser.add_argument("--name", default="", help="the district's name; by default as in the list of areas")
        parser.add_argument("--title", default="", help="the title of the registry")
        parser.add_argument("--prefix", default="", help="what the codes of points begin with, such as FR")
        parser.add_argument("--areas", type=Path, default=None, help="a csv file with the columns code and name")
        parser.add_argument("--admin", default="admin", help="the user name of the first administrator")

    def handle(self, *args: Any, code: str, areas: Path | None, admin: str, **options: Any) -> None:
        files = [areas] if areas else start.national_list()
        if not files:
            raise CommandError(_("There is no list of areas. Run “make areas”, or name a file with --areas."))
        names = {"name": options["name"], "title": options["title"], "code_prefix": options["prefix"].upper()}
        try:
            district, counts = start.start_district(code, start.read_areas(code, files), **names)
        except (start.AreasUnusable, Refused, OSError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for kind, count in counts.items():
            self.stdout.write(f"{count:6d}  {kind}")
        self.stdout.write(f"✓ {district.title} ({district.area_id}, {district.code_prefix}-)")
        self._add_administrator(admin, code)
        self.stdout.write(_("What is left to do stands at %(address)s.") % {"address": reverse("setup")})

    def _add_administrator(self, username: str, code: str) -> None:
        if User.objects.filter(role=Role.ADMIN).exists():
            return
        password = secrets.token_urlsafe(12)
        start.add_first_administrator(username, code, password)
        words = {"name": username, "password": password}
        self.stdout.write(_("✓ administrator %(name)s, first password: %(password)s") % words)
