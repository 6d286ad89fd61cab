"""Loads the sample fixtures into an empty registry, model by model, and creates the demo accounts."""

import json
import os
import secrets
from collections import Counter
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, models, transaction

from registry.actions.search import rebuild
from registry.models import Role, User

FOLDER = Path(settings.BASE_DIR) / "fixtures"
DEMO_ACCOUNTS = {  # name: role, display name, area to read, area to write
    "clerk": (Role.CLERK, "大齐各庄镇录入员", "130207114", "130207114"),
    "clerk2": (Role.CLERK, "唐坊镇录入员", "130207108", "130207108"),
    "head": (Role.HEAD, "大齐各庄镇负责人", "130207114", "130207114"),
    "reviewer": (Role.REVIEWER, "区级评审员", "130207", "130207"),
    "leader": (Role.LEADER, "区领导（只读）", "130207", ""),
    "auditor": (Role.AUDITOR, "审计员", "130207", ""),
    "admin": (Role.ADMIN, "区级管理员", "130207", "130207"),
}


@transaction.atomic
def load_sample(folder: Path = FOLDER) -> Counter:
    """Writes all fixtures of `folder` into an empty registry, then the search index. Returns the number of rows by
    model."""
    keys: dict[type[models.Model], dict[tuple, int | str]] = {}
    counts: Counter = Counter()
    for file in sorted(folder.glob("*.json")):
        groups: dict[str, list[dict]] = {}  # many a part stands behind its whole: they are written model by model
        for row in json.loads(file.read_text(encoding="utf-8")):
            groups.setdefault(row["model"], []).append(row)
        for label, rows in groups.items():
            model = apps.get_model(label)
            counts[str(model._meta.verbose_name_plural)] += _create(model, rows, keys)
    for statement in connection.ops.sequence_reset_sql(no_style(), list(keys)):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # updates the statistics of the query planner
    return counts


def _create(model: type[models.Model], rows: list[dict], keys: dict) -> int:
    """Writes rows of one model. The keys are assigned here, so that a row may refer to a row of the same batch."""
    pks = keys.setdefault(model, {})
    records = []
    for row in rows:
        number = row.get("pk", len(pks) + 1)
        key = _natural_key(model, number, row["fields"])
        pks[key if key not in pks else (number,)] = number
        records.append(model(pk=number))
    many = {field.name: field for field in model._meta.many_to_many}
    for record, row in zip(records, rows, strict=True):
        for name, value in row["fields"].items():
            field: Any = model._meta.get_field(name)
            if field.is_relation and name not in many:
                setattr(record, field.attname, keys[field.related_model][tuple(value)] if value else None)
            elif name not in many:
                setattr(record, name, field.to_python(value))
    model._base_manager.bulk_create(records, batch_size=500)
    for field in many.values():
        _link(field, records, rows, keys)
    return len(records)


def _natural_key(model: type[models.Model], number: int | str, fields: dict) -> tuple:
    """The natural key of a row: its code; for a part, the values that identify it among its siblings."""
    if "code" in fields or not isinstance(number, int):
        return (fields.get("code", number),)
    names = [path.split("__")[0] for path in getattr(model, "natural_fields", ())]
    return tuple(
        fields[name][0] if isinstance(fields[name], list) else fields[name] for name in names if name in fields
    )


def _link(field: models.ManyToManyField, records: list[models.Model], rows: list[dict], keys: dict) -> None:
    through: Any = field.remote_field.through
    mine, theirs = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
    through._base_manager.bulk_create(
        through(**{mine: record.pk, theirs: keys[field.related_model][tuple(key)]})
        for record, row in zip(records, rows, strict=True)
        for key in row["fields"].get(field.name, ())
    )


def make_demo_accounts() -> dict[str, str]:
    """The demo accounts with their password, created if missing. Only if DEMO is set. Returns name → password."""
    password = settings.DEMO_PASSWORD or _stored_password()
    missing = [name for name in DEMO_ACCOUNTS if not User.objects.filter(username=name).exists()]
    if missing:
        hashed = make_password(password)
        User.objects.bulk_create(
            User(
                username=name, password=hashed, role=role, display_name=label, read_prefix=read, write_prefix=write,
                is_staff=role == Role.ADMIN,
            )
            for name, (role, label, read, write) in DEMO_ACCOUNTS.items()
            if name in missing
        )  # fmt: skip
    return dict.fromkeys(DEMO_ACCOUNTS, password)


def _stored_password() -> str:
    """A random password, stored beside the data so that a second start can show it again."""
    file = Path(settings.DATA_DIR) / "demo-password"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(9))
    return file.read_text().strip()
