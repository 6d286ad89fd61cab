"""What templates need to write a figure, a value and an address that keeps its scope."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django import template
from django.core.paginator import Page, Paginator
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from assessment.models import Review
from assessment.overviews.review_sheet import Judging
from fengnan.numbers import gap_words, quantity, signed, stated, target, written
from fengnan.sentences import parts_of
from registry import models
from registry.access.permissions import may
from registry.fields.points import BY_NAME, SECTIONS
from registry.figures import Answer
from registry.figures.changes import Difference
from registry.figures.frozen import Amendment
from registry.kinds import MISSING
from registry.models import User
from registry.overviews.citations import documents_by_number
from registry.overviews.event_text import VERBS
from registry.overviews.news import MOST_UNREAD
from registry.overviews.news import unread_news as count_unread
from registry.text.paper_numbers import plain_paper_number

register = template.Library()
register.filter("target", target)
register.filter("gap_words", gap_words)


@register.simple_block_tag
def section(content: str, id: str, heading: str, count: int | None = None, look: str = "block") -> str:
    """A part of a page under its heading: `{% section "stops" _("Stops") stops|length %}…{% endsection %}`."""
    context = {"content": content, "id": id, "heading": heading, "count": count, "look": look}
    return render_to_string("components/section.html", context)


@register.simple_block_tag
def table(content: str, *headings: str, numeric: str = "", look: str = "data") -> str:
    """The rows of a table under its headings; `numeric` are the columns of numbers:
    `{% table _("Name") _("Amount") numeric="2" %}<tr>…</tr>{% endtable %}`."""
    numbers = {int(place) for place in numeric.split()}
    columns = [(heading, place in numbers) for place, heading in enumerate(headings, 1)]
    return render_to_string("components/data_table.html", {"content": content, "columns": columns, "look": look})


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any = "") -> str:
    """The options of a select, (value, words) each, written flat: a page has hundreds of them."""
    lines = (
        f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{escape(words)}</option>'
        for key, words in choices
    )
    return mark_safe("".join(lines))  # every part is escaped


@register.filter
def yuan(value: Any) -> str:
    """An amount of money as it is read."""
    return " ".join(quantity(value, "yuan")).strip()


@register.filter
def value(answer: Answer) -> str:
    return written(answer)[0]


@register.filter
def unit(answer: Answer) -> str:
    return written(answer)[1]


def path_of(name: str, *args: str) -> str:
    """The path of a page, looked up once for each language and prefix: the dashboard names some 180."""
    return _path_of(name, args, get_language() or "", get_script_prefix())


@lru_cache(maxsize=2000)
def _path_of(name: str, args: tuple[str, ...], language: str, prefix: str) -> str:
    return reverse(name, args=args)


@register.filter
def address(answer: Answer) -> str:
    """Where the figure opens its rows, in the answer's own scope."""
    return path_of("figure", answer.figure.slug) + answer.scope.query


@register.simple_tag(takes_context=True)
def amended(context: Any, answer: Answer) -> Amendment | None:
    """How the answer differs from what was frozen when its year was closed, on pages that know `amendments`."""
    return context.get("amendments", {}).get(answer.figure.slug)


@register.simple_tag(takes_context=True)
def paper(context: Any, number: str) -> str:
    """The number of a paper, linked to the policy document that has it: `{% paper period.document_no %}`. The documents
    are read once a request."""
    request = context.get("request")
    if not number or request is None:
        return number
    if not hasattr(request, "policy_documents"):
        request.policy_documents = documents_by_number()
    document = request.policy_documents.get(plain_paper_number(number))
    if document is None:
        return format_html('<span lang="zh-Hans">{}</span>', number)
    address = reverse("record", args=["policy-documents", document.code])
    return format_html('<a href="{}" title="{}" lang="zh-Hans">{}</a>', address, document.title, number)


@register.filter
def verb_words(event: models.Event) -> str:
    """What an event says was done."""
    return str(VERBS.get(event.verb, VERBS["change"]))


@register.filter
def hint(answer: Answer) -> str:
    """What hovering over a number says: what it is, by which source, as of when."""
    words = [str(answer.figure.label), answer.figure.source, answer.scope.as_of.isoformat()]
    return " · ".join([*words, year_words(answer)] if answer.year else words)


@register.filter
def year_words(answer: Answer) -> str:
    """The year a yearly figure answers for; empty for a standing one, and where no year is reported."""
    return _("in %(year)s") % {"year": answer.year} if answer.year else ""


@register.filter
def moved(difference: Difference) -> str:
    """A difference with its sign and unit: -1 point, +0.31 percentage points."""
    return signed(difference.answer.figure, difference.value)


@register.simple_tag(takes_context=True)
def changes_address(context: Any, difference: Difference) -> str:
    """The page of the rows that make a difference."""
    query = urlencode({**difference.answer.scope.parameters, "since": difference.since.isoformat()})
    return path_of("figure-changes", difference.answer.figure.slug) + f"?{query}"


@register.simple_tag(takes_context=True)
def number(context: Any, slug: str, show: str = "value") -> str:
    """A figure inside a text, linked to its rows: see `stated`."""
    return _link(context["answers"][slug], show)


@register.simple_tag(takes_context=True)
def sentence(context: Any, section: str) -> str:
    """The sentence of a section, each figure in it linked to its rows."""
    parts = spoken(section, context["answers"])
    return format_html_join("", "{}", ((_spoken_html(*part),) for part in parts))


def _spoken_html(text: str, answer: Answer | None, show: str) -> str:
    if answer:
        return _link(answer, show)
    return format_html('<span class="of-year">{}</span>', text) if show == "year" else text


def spoken(section: str, answers: dict[str, Answer]) -> Iterator[tuple[str, Answer | None, str]]:
    """(text, answer, what it states) of the sentence of a section; "year" for the year of the figure before, which the
    first of several figures of one year says."""
    year = None
    for part in parts_of(section, answers):
        if isinstance(part, str):
            yield part, None, ""
            continue
        answer = answers[part.slug]
        yield "".join(stated(answer, part.show)), answer, part.show
        if answer.year and answer.year != year:
            year = answer.year
            yield _(" (%(year)s)") % {"year": year}, None, "year"


def _link(answer: Answer, show: str) -> str:
    return format_html(
        '<a class="number" data-figure="{}" href="{}" title="{}"><b>{}</b>{}</a>',
        *(answer.figure.slug, address(answer), hint(answer), *stated(answer, show)),
    )


@register.filter
def part(answer: Answer) -> str:
    """The part of a share in words: 156 points."""
    return " ".join(written(answer, part=True)).strip()


@register.simple_tag
def narrowed(answer: Answer, dimension: str, key: str) -> str:
    """Where one line of a breakdown opens its rows: the page of the figure, narrowed by a dimension."""
    query = urlencode({**answer.scope.parameters, dimension: key})
    return path_of("figure", answer.figure.slug) + f"?{query}"


@register.filter
def by_value(rows: list[tuple]) -> list[tuple]:
    """The lines of a breakdown, largest value first; those without a key or a value come last."""

    def rank(row: tuple) -> tuple:
        key, _name, answer = row
        return key != MISSING and answer.value is not None, answer.value or 0

    return sorted(rows, key=rank, reverse=True)


@register.filter
def largest(rows: list[tuple]) -> Any:
    """The largest value among the lines of a breakdown, for the length of their bars."""
    return max((row[2].value or 0 for row in rows), default=0)


@register.simple_tag(takes_context=True)
def carried(context: Any, *left_out: str) -> list[tuple[str, str]]:
    """The parameters of the page's address that a form must hand on, but for those the form sets itself."""
    query = context["request"].GET
    return [(name, query[name]) for name in query if name not in {*left_out, "page", "format"} and query[name]]


@register.simple_tag(takes_context=True)
def scoped(context: Any, name: str, *args: Any, **changes: Any) -> str:
    """The address of a page in the scope of this one; keyword arguments change or add parameters."""
    parameters = {**context["scope"].parameters, **changes}
    parameters = {key: item for key, item in parameters.items() if item not in (None, "")}
    return path_of(name, *args) + (f"?{urlencode(parameters)}" if parameters else "")


@register.simple_tag(takes_context=True)
def with_query(context: Any, **changes: Any) -> str:
    """The page's own query with some parameters changed; an empty value takes one away."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    for key, item in changes.items():
        if item in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(item)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag(takes_context=True)
def turn(context: Any, page: Page, number: int) -> str:
    """The page's own query with another page of a list that it shows."""
    return with_query(context, **{getattr(page, "parameter", "page"): number})


@register.filter
def long_date(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else "—"


@register.filter
def elided(paginator: Paginator, number: int) -> Iterator[int | str]:
    """The page numbers worth showing around page `number`, which counts from the end if it is negative."""
    if number > 0:
        return paginator.get_elided_page_range(number, on_each_side=2, on_ends=1)
    return chain((1, str(paginator.ELLIPSIS)), range(max(number - 2, -paginator.num_pages), min(number + 2, -1) + 1))


@register.filter
def slug(by_slug: dict, slug: str) -> Any:
    """What belongs to the figure `slug`, where a template must hand it on."""
    return by_slug[slug]


@register.filter
def named_choice(value: str, choices: str) -> str:
    """A stored choice in words: `{{ status|named_choice:"PointStatus" }}`."""
    return getattr(models, choices)(value).label if value else ""


@register.filter
def labels(choices: Any) -> str:
    """Several choices in words."""
    return _(", ").join(str(choice.label) for choice in choices)


@register.filter
def input_label(name: str) -> str | Promise:
    return BY_NAME[name].label if name in BY_NAME else SECTIONS.get(name, name)


@register.filter
def entry(typed: Any, name: str) -> str:
    """What was typed in the field `name` of a form that comes back."""
    return typed.get(name, "")


@register.simple_tag(takes_context=True)
def last_verdict(context: Any, point: Any) -> Judging | None:
    """The last round of a point that the reader may see, with its scores by item: the registry's pages compose it."""
    scope = context["scope"]
    rounds = Review.objects.visible_to(scope.viewer).filter(point=point, decided_on__lte=scope.as_of)
    last_round = rounds.select_related("standard").first()
    return Judging(last_round) if last_round else None


@register.filter
def allows(user: User, right: str) -> bool:
    """Whether the account has a right somewhere: `{% if user|allows:"point.decide" %}`."""
    return may(user, right)


DESK = (  # pages of the desk in groups: (address, label, right it asks for)
    (
        pgettext_lazy("group of pages", "Daily work"),
        (
            ("desk-township", gettext_lazy("A township on one page"), "attention.view"),
            ("desk-township", gettext_lazy("Our township on one page"), "point.confirm"),
            ("desk-points", gettext_lazy("My sites"), "point.confirm"),
            ("reviews", gettext_lazy("Reviews"), "point.check"),
            ("reviews", gettext_lazy("Reviews"), "point.notice"),
            ("desk-remarks", gettext_lazy("Remarks from the public"), "remark.answer"),
            ("desk-remarks", gettext_lazy("Remarks from the public"), "point.notice"),
            ("rechecks", gettext_lazy("Check named points again"), "point.review"),
            ("desk-projects", gettext_lazy("Secretary projects"), "project.board"),
            ("desk-schemes", gettext_lazy("Schemes of assessment"), "scheme.view"),
            ("supervision", gettext_lazy("Supervision"), "record.view"),
            ("bookings", gettext_lazy("Bookings of groups"), "booking.manage"),
        ),
    ),
    (
        pgettext_lazy("group of pages", "Data"),
        (
            ("desk-records", gettext_lazy("Records"), "attention.view"),
            ("loads", gettext_lazy("Bulk loading"), "load.send"),
            ("take-overs", gettext_lazy("Old ledgers"), "ledger.take_over"),
            ("desk-belts", gettext_lazy("Build belts"), "grouping.build"),
            ("desk-zones", gettext_lazy("Build zones"), "grouping.build"),
            ("desk-routes", gettext_lazy("Build routes"), "grouping.build"),
        ),
    ),
    (
        pgettext_lazy("group of pages", "The district"),
        (
            ("desk-areas", gettext_lazy("Areas"), "area.keep"),
            ("years", gettext_lazy("Turn of the year"), "year.view"),
            ("rules", gettext_lazy("Rules"), "rule.change"),
            ("standards", gettext_lazy("Standards"), "rule.change"),
            ("calendar", gettext_lazy("Working calendar"), "rule.change"),
        ),
    ),
    (
        pgettext_lazy("group of pages", "System"),
        (
            ("accounts", gettext_lazy("Accounts"), "account.manage"),
            ("hooks", gettext_lazy("Web hooks"), "hook.manage"),
            ("setup", gettext_lazy("Set-up"), "registry.set_up"),
        ),
    ),
)


@register.simple_tag(takes_context=True)
def desk_groups(context: Any) -> list[tuple[str | Promise, list[tuple[str, str | Promise]]]]:
    """(group, [(address, label)]) of the desk pages the account may open."""
    user = context["request"].user
    groups = [(group, {name: label for name, label, right in pages if may(user, right)}) for group, pages in DESK]
    return [(group, [(reverse(name), label) for name, label in pages.items()]) for group, pages in groups if pages]


@register.simple_tag(takes_context=True)
def unread_news(context: Any) -> str:
    """The number of unread news of the account, or “99+”; empty if there is none. A page that marks them as read knows
    how many there were."""
    unread = context.get("news_unread")
    if unread is None:
        unread = count_unread(context["request"].user, timezone.localdate())
    return f"{MOST_UNREAD}+" if unread > MOST_UNREAD else str(unread or "")


@register.simple_tag(takes_context=True)
def desk_account(context: Any) -> str:
    """The role of the account and the area it works for: “Township clerk, 大齐各庄镇”."""
    user = context["request"].user
    code = user.write_prefix or user.read_prefix
    area = models.Area.objects.unscoped("the account's own area").filter(code=code).first() if code else None
    return " · ".join(str(words) for words in (user.get_role_display(), area) if words)


@register.simple_tag(takes_context=True)
def build_address(context: Any, kind: str, record: Any) -> str:
    """Where the account changes this belt, zone or route; empty if it may not."""
    return (
        reverse(f"desk-{kind}-edit", args=[record.code])
        if may(context["request"].user, "grouping.build", record)
        else ""
    )


@register.simple_tag(takes_context=True)
def pack_address(context: Any, point: Any) -> str:
    """Where the account sees what the point can prove, and makes a link to it; empty if it may not."""
    return reverse("point-pack", args=[point.code]) if may(context["request"].user, "pack.make", point) else ""
