"""The list view and the detail view of a resource."""

import hashlib
import inspect
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from registry.access.scope import BadInput, Scope
from registry.api.base import SCOPED, ApiView, check_names, choice_parameter
from registry.api.geometry import collection
from registry.api.paging import Key, Position, keys_of, page_of, page_size, placed
from registry.api.resources import Resource
from registry.api.serialize import ALWAYS, Writer, as_json, containing_text
from registry.api.sync import changed, gone, moment
from registry.api.voiding import missing
from registry.filters import filtered, filters_of
from registry.kinds import KINDS, Kind
from registry.loading.export import export_values
from registry.models.base import Versioned
from registry.models.points import PUBLIC
from registry.query_cache import CompiledQuery, compile_query, keep_query, placeholder

LIST = (*SCOPED, "format", "search", "ordering", "updated_since", "page_size", "cursor", "fields", "expand")
FILES, NOT_IN_FILES = ("csv", "xlsx"), ("page_size", "cursor", "expand")
UNASKED = (*SCOPED, "format", "page_size", "cursor", "fields", "expand", "ordering")
UNSTAMPED = (*SCOPED, "format", "fields")


class ResourceView(ApiView):
    """A view of `resource`."""

    resource: Resource

    def field_names(self) -> tuple[str, ...]:
        """The names that `fields` accepts."""
        return (*(column.name for column in self.resource.listed.columns), *ALWAYS)

    def writer(self, request: Request, scope: Scope) -> Writer:
        """`fields` of the address selects the columns; expanded records are always included, with their codes."""
        names = check_names(request.query_params, "fields", self.field_names())
        expand = check_names(request.query_params, "expand", self.resource.expandable)
        return Writer(
            self.resource,
            scope,
            request,
            (*names, *expand, *(f"{name}_code" for name in expand)) if names else (),
            expand,
        )

    def check_file(self, parameters: Any) -> None:
        """A file holds all rows and nothing else, so page and expansion parameters are refused."""
        for name in NOT_IN_FILES if self.file_format in FILES else ():
            if name in parameters:
                message = _("A file holds all rows, without what belongs to them. Leave it out.")
                raise BadInput(name, parameters[name], message, "not_in_files")

    def written(self, writer: Writer, rows: list[dict], kind: Kind) -> list[dict]:
        return writer.write(rows, kind)


@cache
def list_parameters(resource: Resource) -> tuple[str, ...]:
    own = filters_of(resource.kind).base_filters
    return (*LIST, *(name for name in own if name not in LIST), *(("status",) if resource.statuses else ()))


class ListView(ResourceView):
    def parameters(self) -> tuple[str, ...]:
        return list_parameters(self.resource)

    @property
    def formats(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.resource.formats

    def scope(self, request: Request) -> Scope:
        """Points on their way to a title are shown as of today."""
        scope, parameters = super().scope(request), request.query_params
        under_way = parameters.get("status") not in (None, *PUBLIC)
        return scope.at(timezone.localdate()) if under_way and "as_of" not in parameters else scope

    def get(self, request: Request) -> HttpResponse:
        """The rows of a day: filtered, ordered, page by page."""
        resource, scope, parameters = self.resource, self.scope(request), request.query_params
        self.check_file(parameters)
        writer = self.writer(request, scope)
        kind, keys = writer.kind(), keys_of(resource.listed, parameters.get("ordering", ""))
        since, asked_at = moment(parameters, "updated_since"), timezone.localtime()
        if self.file_format in FILES:
            return self.file(self.rows(scope, parameters), kind, keys, scope, since)
        filters = tuple((name, value) for name, value in parameters.items() if name not in UNASKED)

        def fetch(at: Position) -> list[dict]:
            shape, values = at.with_placeholders(keys)
            return compile_list(type(self), scope, filters, writer.names, keys, shape, size).rows(values)

        size, address = page_size(parameters), request.build_absolute_uri(request.path)
        page = page_of(keys, parameters, address, size, fetch)
        body = {"next": page.next, "previous": page.previous, "results": self.written(writer, page.rows, kind)}
        if since:
            body |= {"asked_at": asked_at.isoformat()}
            body |= {"gone": [] if page.next else self.gone(self.rows(scope, parameters), scope, since)}
        return self.answer(body, scope)

    def file(self, rows: QuerySet, kind: Kind, keys: tuple[Key, ...], scope: Scope, since: datetime | None) -> Any:
        """All rows as a file."""
        parameters = self.request.query_params
        values = kind.values(self.changed(rows, since) if since else rows, scope)
        values = values.order_by(*(key.ordering(False) for key in keys))
        used = {name: parameters[name] for name in self.parameters() if name not in UNSTAMPED and name in parameters}
        return export_values(kind, values, scope, self.file_format, used)

    def changed(self, rows: QuerySet, since: datetime) -> QuerySet:
        return changed(self.resource, rows, since)

    def gone(self, rows: QuerySet, scope: Scope, since: datetime) -> list[dict]:
        return list(gone(self.resource, rows, scope, since))

    def answer(self, body: dict, scope: Scope) -> HttpResponse:
        if self.file_format == "geojson":
            return as_json(collection(self.resource, body, scope), "application/geo+json")
        return as_json(body)

    def rows(self, scope: Scope, parameters: Any) -> QuerySet:
        """The rows that match the filters of the address."""
        resource = self.resource
        status = choice_parameter(parameters, "status", ("", *resource.statuses.values)) if resource.statuses else ""
        rows = resource.on(scope, status)
        if any(parameters.get(name) for name in filters_of(resource.kind).base_filters):
            rows = filtered(resource.kind, rows, scope, parameters).qs
        if not resource.kind.searched and parameters.get("search"):
            rows = containing_text(resource.own_columns, rows, scope, parameters["search"])
        return rows


@keep_query
def compile_list(
    view: type[ListView],
    scope: Scope,
    filters: tuple[tuple[str, str], ...],
    names: tuple[str, ...],
    keys: tuple[Key, ...],
    at: Position,
    size: int,
) -> CompiledQuery:
    """The compiled query of a page. The viewer's permissions are part of a scope's identity."""
    own, parameters = view(), dict(filters)
    since = moment(parameters, "updated_since")
    rows = own.rows(scope, parameters)
    rows = own.changed(rows, since) if since else rows
    kind = own.resource.columns(names)
    return compile_query(placed(kind.values(rows, scope), keys, at, size))


class DetailView(ResourceView):
    is_cacheable = True  # whether a placeholder can stand for the code in the query
    accepted: tuple[str, ...] = (*SCOPED, "format", "fields", "expand")

    def get(self, request: Request, code: str) -> HttpResponse:
        """One record, with its details and its parts."""
        resource, scope = self.resource, self.scope(request)
        writer = self.writer(request, scope)
        text: Any = compile_record if self.is_cacheable else inspect.unwrap(compile_record)
        at = placeholder("code") if self.is_cacheable else code
        values = text(type(self), scope, writer.names, at).rows({at: code})
        if not values and "as_of" not in request.query_params:  # newer than the default day
            scope = writer.scope = scope.at(timezone.localdate())
            values = text(type(self), scope, writer.names, at).rows({at: code})
        if not values:
            raise missing(resource, code, scope.viewer)
        version = values[0].pop("etag")
        parts = tuple(part.name for part in resource.parts if not writer.names or part.name in writer.names)
        writer.expand = (*writer.expand, *parts)
        rows = self.written(writer, values, writer.kind(full=True))
        if not rows:
            raise Http404
        if writer.keyed and (not writer.names or "page" in writer.names):
            rows[0]["page"] = self.page(request, code)
        response = as_json(rows[0])
        response["ETag"] = etag(version, response.content)
        return response

    def field_names(self) -> tuple[str, ...]:
        columns = (column.name for column in self.resource.full.columns)
        return (*columns, *(part.name for part in self.resource.parts), *ALWAYS, "page")

    def record_rows(self, scope: Scope, code: str) -> QuerySet:
        return self.resource.any_day(scope).filter(code=code)

    def page(self, request: Request, code: str) -> str | None:
        """The address of the record's page for people."""
        kind = self.resource.kind.slug if self.resource.kind.slug in KINDS else ""
        try:
            return request.build_absolute_uri(reverse("record", args=[kind, code])) if kind else None
        except NoReverseMatch:
            return None


@keep_query
def compile_record(view: type[DetailView], scope: Scope, names: tuple[str, ...], code: str) -> CompiledQuery:
    """The compiled query of one record, with its version."""
    resource = view.resource
    version = "version" if issubclass(resource.model, Versioned) else "pk"
    values = resource.columns(names, full=True).values(view().record_rows(scope, code), scope)
    return compile_query(values.annotate(etag=F(version))[:1])


def etag(version: Any, content: bytes) -> str:
    """The record's version, which a write must name, and a hash of this very answer."""
    return f'"{version}.{hashlib.sha256(content).hexdigest()[:16]}"'


def version_in(tag: str) -> str:
    """The version in an ETag of ours, also if compression made it weak."""
    return tag.removeprefix("W/").strip('"').partition(".")[0]
