"""Serializes rows of a resource as JSON: their declared columns, their URLs, and the expanded records."""

from datetime import date
from functools import cache
from typing import Any

import orjson
from django.db.models import CharField, Field, Q, QuerySet, TextField
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse

from registry.access.scope import ANY_AREA, Scope
from registry.api.resources import Link, Resource, resource_of
from registry.kinds import Column, Kind

ALWAYS = ("url", "illustrative")


def plain(value: Any) -> Any:
    """Converts types the encoder does not know: decimals to numbers, lazy translations to text."""
    return float(value) if hasattr(value, "quantize") else str(value)


def as_json(content: Any, content_type: str = "application/json", status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(content, default=plain), content_type=content_type, status=status)


class Writer:
    """Serializes the rows of one answer. `names` are the requested fields, all if empty; `expand` are the expanded
    ones."""

    def __init__(
        self,
        resource: Resource,
        scope: Scope,
        request: HttpRequest,
        names: tuple[str, ...] = (),
        expand: tuple[str, ...] = (),
    ):
        self.resource, self.scope, self.request = resource, scope, request
        self.names, self.expand = names, expand
        self.keyed = resource.has_address

    def kind(self, full: bool = False) -> Kind:
        """The resource's kind with the requested columns."""
        return self.resource.columns(self.names, full)

    def write(self, rows: list[dict], kind: Kind) -> list[dict]:
        """Completes `rows` of `kind.values` in place."""
        before, _code, after = self._address(f"api-{self.resource.slug}").partition("CODE")
        shows_url, shows_mark = (self.keyed and (not self.names or name in self.names) for name in ALWAYS)
        codes = [row.pop("row_code", None) for row in rows]
        for row, code in zip(kind.hide_future(rows, self.scope), codes, strict=True):
            mark = row.pop("row_illustrative", None)
            if shows_url:
                row["url"] = f"{before}{code}{after}"
            if shows_mark:
                row["illustrative"] = mark
        self._expand(rows, codes)
        return rows

    def _address(self, name: str) -> str:
        """The URL of a record, with CODE instead of its code; with the day, if it is not today's default."""
        if not self.keyed:
            return ""
        day = self.scope.parameters.get("as_of")
        path = _path(name, get_script_prefix())
        return self.request.build_absolute_uri(path) + (f"?as_of={day}" if day else "")

    def _expand(self, rows: list[dict], codes: list[str]) -> None:
        for link in self.resource.links:
            if link.name in self.expand:
                self._put_rows(rows, link)
        for part in self.resource.parts:
            if part.name in self.expand:
                parts = part.of(codes, self.scope)
                for row, code in zip(rows, codes, strict=True):
                    row[part.name] = parts[code]

    def _put_rows(self, rows: list[dict], link: Link) -> None:
        """Adds the rows that `link` refers to, in one query."""
        target = resource_of(link.kind)
        codes = {row[link.column.name] for row in rows} - {None}
        writer = Writer(target, self.scope, self.request)
        records = target.any_day(self.scope).filter(code__in=codes)
        values = list(target.listed.values(records, self.scope))
        expanded = dict(zip([row["row_code"] for row in values], writer.write(values, target.listed), strict=True))
        for row in rows:
            row[link.name] = expanded.get(row[link.column.name])


@cache
def _path(name: str, prefix: str) -> str:
    """The path of a record with CODE instead of its code. `prefix` is the portal's path prefix in this request, and
    part of the cache key."""
    return reverse(name, args=["CODE"])


@cache
def fields_of(kind: Kind) -> dict[str, Field]:
    """The model field, or the type of the expression, of each column of `kind`."""
    scope = Scope(date.today(), ANY_AREA)
    values = kind.values(kind.on(scope), scope)
    expressions = values.query.annotations
    return {
        column.name: expressions[column.name].output_field
        if column.name in expressions
        else values.model._meta.get_field(column.name)
        for column in kind.columns
    }


def containing_text(kind: Kind, rows: QuerySet, scope: Scope, text: str) -> QuerySet:
    """Rows with `text` in a text column, for kinds without a search index."""
    condition = Q(pk__in=[])
    for column in _words(kind):
        condition |= Q(**{f"{column.source}__contains": text})
    return kind.annotate(rows, scope).filter(condition)


def _words(kind: Kind) -> list[Column]:
    fields = fields_of(kind)
    return [
        column
        for column in kind.columns
        if not column.choices and isinstance(fields[column.name], CharField | TextField)
    ]
