"""`manage.py own_events OWNER [--app ROLE]`: on PostgreSQL, the events and their chain belong to another role than the
one the application connects as, which may add to them and read them, and nothing else: not even take the triggers off.
In all other tables it may read and write.

Run it with a role that may do so (a superuser), after `migrate`. With OWNER and ROLE the same it gives them back, as a
migration that changes these tables needs it where it does not run as a superuser.
"""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

TABLES = ("registry_event", "registry_eventlink")
FUNCTION = "registry_event_stays()"
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Command(BaseCommand):
    help = "Gives the tables of events to a role of their own (PostgreSQL)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("owner", nargs="?", default="registry_events", help="made where it does not exist")
        parser.add_argument("--app", metavar="ROLE", help="the role the application connects as; else the present one")
        parser.add_argument("--if-can", action="store_true", help="say so and go on where this role may not")

    def handle(self, *args: Any, owner: str, app: str | None, if_can: bool, **options: Any) -> None:
        if connection.vendor != "postgresql":
            if if_can:
                return
            raise CommandError("SQLite has no roles: its triggers stop mistakes, and the chain shows the rest.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            app = app or cursor.fetchone()[0]
        for name in (owner, app):
            if not NAME.fullmatch(name):
                raise CommandError(f"{name!r} is no plain name of a role: small letters, digits and _ alone.")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                self._give(cursor, owner, app)
        except DatabaseError as error:
            message = f"This role may not do that ({str(error).strip()}). Run it as a superuser."
            if not if_can:
                raise CommandError(message) from error
            self.stdout.write(message)
            return
        self.stdout.write(f"The events belong to {owner}; {app} reads and adds.")

    def _give(self, cursor: Any, owner: str, app: str) -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {owner} NOLOGIN")
        cursor.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} OWNER TO {owner}")
            cursor.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {app}")
            cursor.execute(f"GRANT {'ALL' if owner == app else 'SELECT, INSERT'} ON {table} TO {app}")
        cursor.execute(f"ALTER FUNCTION {FUNCTION} OWNER TO {owner}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}")
        cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [app, owner])
        if owner != app and cursor.fetchone()[0]:
            self.stderr.write(f"{app} may act as {owner}, as a superuser may. Let the application use another role.")
