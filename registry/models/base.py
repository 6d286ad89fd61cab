"""The base of all records: a code, flags, dates, and querysets that require a scope."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.text.validators import REFUSED, SENTENCES

IN_FORCE = Q(voided__isnull=True)  # rows that are not voided: uniqueness only applies to them


class Level(models.TextChoices):
    """The level that named or granted it (F09). A level is not a grade."""

    NATIONAL = "national", _("National")
    PROVINCIAL = "provincial", _("Provincial")
    MUNICIPAL = "municipal", _("Municipal")
    DISTRICT = "district", _("District")


class Field(models.TextChoices):
    """The six fields of the six-type creation (F22)."""

    RURAL = "rural", _("Rural")
    COMMUNITY = "community", _("Community")
    GOVERNMENT = "government", _("Government office")
    PUBLIC_INSTITUTION = "public_institution", _("Public institution")
    NONPUBLIC_ENTERPRISE = "nonpublic_enterprise", _("Non-public enterprise")
    SOCIAL_ORGANISATION = "social_organisation", _("Social organisation")


class ScopeMissing(ImproperlyConfigured):
    """Rows were read before a viewer was set."""


@models.Field.register_lookup
class InArray(models.Lookup):
    """`name__among=names`: like `in`, for a thousand values at once: they are one parameter, an array or JSON."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            kind = self.lhs.output_field.db_type(connection).partition("(")[0]  # a longer text is not truncated
            values = (str(value).replace("\\", r"\\").replace('"', r"\"") for value in self.rhs)
            array = ",".join(f'"{value}"' for value in values)  # ten times as fast as the driver's conversion of a list
            return f"{column} = ANY(%s::{kind}[])", [*parameters, f"{{{array}}}"]
        return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, json.dumps(list(self.rhs))]


def valid_on(as_of: date, start: str = "valid_from", end: str = "valid_to") -> Q:
    """Rows valid on `as_of`: from `start` (included) until `end` (excluded; empty means open). A voided row is valid on
    no day, also when it is reached through another row."""
    path = start.rpartition("__")[0]
    voided = f"{path}__voided" if path else "voided"
    open_or_later = Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": as_of})
    return Q(**{f"{start}__lte": as_of, f"{voided}__isnull": True}) & open_or_later


def in_area_q(prefix: str, path: str = "area_id") -> Q:
    """Rows of the area `prefix` and everything below it, as a half-open range on the code.

    An empty or invalid prefix matches nothing.
    """
    if not (prefix.isascii() and prefix.isdigit()):
        return Q(pk__in=[])
    return Q(**{f"{path}__gte": prefix, f"{path}__lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)})


_guard_off: ContextVar[bool] = ContextVar("guard_off", default=False)
_with_voided: ContextVar[bool] = ContextVar("with_voided", default=False)


@contextmanager
def guard_lifted(reason: str) -> Iterator[None]:
    """Lifts the scope check for Django's own code, which reads rows and shows them to nobody; `reason` documents
    why."""
    token = _guard_off.set(True)
    try:
        yield
    finally:
        _guard_off.reset(token)


@contextmanager
def _voided_shown() -> Iterator[None]:
    """Inside this block managers also return voided rows."""
    token = _with_voided.set(True)
    try:
        yield
    finally:
        _with_voided.reset(token)


class ScopedQuerySet(models.QuerySet):
    """Rows with a scope. Reading them raises an error until `public()`, `visible_to(user)` or `unscoped(reason)` was
    called."""

    area_path = "area_id"
    scoped = False

    if TYPE_CHECKING:  # a method of VoidableManager; declared here too, the type of its rows is known

        def with_voided(self) -> Self: ...

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]  # the stubs leave out what is private in Django
        clone.scoped = self.scoped
        return clone

    def _mark(self) -> Self:
        clone = self._chain()  # type: ignore[attr-defined]  # as above
        clone.scoped = True
        return clone

    def unscoped(self, reason: str) -> Self:
        """All rows; `reason` documents why."""
        if not reason:
            raise ValueError("unscoped() needs a reason")
        return self._mark()

    def public_rows(self) -> Q:
        """The condition of public rows. A model with private rows overrides this."""
        return Q()

    def ever_public_rows(self) -> Q:
        """The condition of rows that were ever public or counted in a figure, which are never deleted. A model whose
        rows can become private again overrides this."""
        return self.public_rows()

    def public(self) -> Self:
        return self.filter(self.public_rows())._mark()

    def ever_public(self) -> Self:
        """Rows that must not be deleted: see `ever_public_rows`."""
        return self.filter(self.ever_public_rows())._mark()

    def visible_to(self, viewer: Any) -> Self:
        """The rows `viewer` may read: public rows, and all rows in the account's area."""
        if viewer is None or not viewer.is_authenticated or viewer.reads_published_only:
            return self.public()
        if viewer.reads_everything:
            return self._mark()
        public = self.public_rows()
        return (
            self._mark() if not public else self.filter(in_area_q(viewer.read_prefix, self.area_path) | public)._mark()
        )

    def in_area(self, code: str) -> Self:
        return self.filter(in_area_q(code, self.area_path))

    def _require_scope(self) -> None:
        if not self.scoped and not _guard_off.get():
            raise ScopeMissing(
                f"{self.model.__name__} was read without .public(), .visible_to(user) or .unscoped(reason)"
            )

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._require_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def get_by_natural_key(self, code: str) -> Any:
        return self.unscoped("a natural key of a fixture").get(code=code)


class VoidableManager(models.Manager):
    """The rows in force. `with_voided()` returns all rows."""

    def get_queryset(self) -> models.QuerySet:
        rows = super().get_queryset()
        return rows.filter(voided=None) if issubclass(self.model, Voidable) and not _with_voided.get() else rows

    def with_voided(self) -> models.QuerySet:
        with _voided_shown():
            return self.get_queryset()

    def get_by_natural_key(self, *values: Any) -> Any:
        """Codes are unique also among voided rows, so these are found too."""
        rows: Any = self.with_voided()
        return rows.get_by_natural_key(*values)


class PartQuerySet(models.QuerySet):
    def get_by_natural_key(self, *values: Any) -> Any:
        """The row with these values of `natural_fields`; a further value is that of `voided`."""
        part: Any = self.model
        names = part.natural_fields
        lookup = dict(zip(names, values, strict=False))
        if issubclass(part, Voidable):
            lookup["voided"] = values[len(names)] if len(values) > len(names) else None
        return self.get(**lookup)


ScopedManagerBase = VoidableManager.from_queryset(ScopedQuerySet, "ScopedManagerBase")


class ScopedManager(ScopedManagerBase):
    """The manager of rows with a scope. A model with a queryset of its own says `ScopedManager.from_queryset(…)()`."""


PartManager = VoidableManager.from_queryset(PartQuerySet, "PartManager")


class PlainText(models.Model):
    """A model that refuses texts with characters that a page, a document or a sheet cannot show."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        errors: dict[str, list[ValidationError]] = {}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for field in self._meta.concrete_fields:
            text = getattr(self, field.attname)
            if field.name not in (exclude or ()) and isinstance(text, str) and REFUSED.search(text):
                errors.setdefault(field.name, []).append(ValidationError(_(SENTENCES["control"]), "control"))
        if errors:
            raise ValidationError(errors)


class Voidable(PlainText):
    """A row that can be voided, because public rows are never deleted. `voided` is the change set of that action; its
    event has the reason and the document. Managers and `valid_on` leave out voided rows: they are in no list and no
    figure on any day.

    `goes_with` names the keys to the records that the row belongs to. It is deleted or voided with the first of them.
    """

    goes_with: tuple[str, ...] = ()

    voided = models.UUIDField(_("entered in error"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Guarded(Voidable):
    """A model whose own uniqueness checks may read all rows, without a scope."""

    class Meta:
        abstract = True

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        with guard_lifted("uniqueness holds over all rows, whoever asks"), _voided_shown():
            super().validate_unique(exclude)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        with guard_lifted("constraints hold over all rows, whoever asks"), _voided_shown():
            super().validate_constraints(exclude)


class Versioned(Guarded):
    """A record with a `version`, which it declares itself: who changes it says which one was opened, and no change is
    lost."""

    version: Any

    class Meta:
        abstract = True


class Record(Versioned):
    """A row with a code. A code is assigned once and never reused."""

    code = models.CharField(_("code"), max_length=40)
    illustrative = models.BooleanField(
        _("illustrative"), default=False, help_text=_("Made up for demonstration: not a fact of the district.")
    )
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = ScopedManager()

    class Meta:
        abstract = True
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="%(class)s_code_once", violation_error_message=_("This code is already in use.")
            )
        ]

    def __str__(self) -> str:
        return getattr(self, "name", "") or getattr(self, "title", "") or self.code

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class NaturallyKeyed(models.Model):
    """A row without a code: in fixtures, `natural_fields` identify it. They may not name its number, which another
    database gives to another row."""

    natural_fields: tuple[str, ...] = ()

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[Any, ...]:
        return tuple(self._value_at(path.split("__")) for path in self.natural_fields)

    def _value_at(self, path: list[str]) -> Any:
        value: Any = self
        for name in path:
            try:
                value = getattr(value, name) if value is not None else None
            except ObjectDoesNotExist:  # a fixture names it later
                return None
        return value


class Part(NaturallyKeyed, Voidable):
    """A row that belongs to a record, `goes_with[0]`, and has no code of its own; `natural_fields` identify it among
    its siblings in force, and `voided` among those that are not."""

    objects = PartManager()

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[Any, ...]:
        return (*super().natural_key(), *([str(self.voided)] if self.voided else []))


def ends_after_start(start: str, end: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": models.F(start)}),
        name=name,
        violation_error_message=_("The end must be later than the start."),
    )


def exactly_one_of(*fields: str, name: str) -> models.CheckConstraint:
    """Exactly one of the nullable keys `fields` is set: the target of a record that may refer to several kinds."""
    choices = Q()
    for chosen in fields:
        choices |= Q(**{f"{field}__isnull": field != chosen for field in fields})
    return models.CheckConstraint(
        condition=choices, name=name, violation_error_message=_("Name exactly one target, of one kind.")
    )


def in_choices(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}),
        name=name,
        violation_error_message=_("This value is not in the list of accepted values."),
    )


def not_negative(*fields: str, name: str) -> models.CheckConstraint:
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gte": 0}) | Q(**{f"{field}__isnull": True})
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message=_("The value must not be negative.")
    )
