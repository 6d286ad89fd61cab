"""The walk over every address: each account asks about its own township's records, a sibling township's, one that does
not exist, one that is not published and one that was deleted. Its answers stand in access.txt.

A cell holds the status, and a `+` where the answer shows what is internal to the own township. What is internal to the
sibling may never occur.
"""

import uuid
from datetime import timedelta
from decimal import Decimal
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from assessment.actions.naming import open_rechecks, post_notice
from assessment.actions.packs import signed
from assessment.actions.projects import problems_of
from assessment.actions.schemes import announce, give_scores, items_in, make_appeal, open_scheme, write_scheme
from assessment.actions.scoring import finish_scoring, save_scores
from assessment.actions.standards import draft_version
from assessment.models import Scheme, SchemeItem, SchemeResult, Standard, SupervisionFinding
from registry.actions.take_overs import open_take_over
from registry.actions.webhooks import add_hook, allow_host
from registry.api.resources import RESOURCES
from registry.models import Area, Event, KnownHeading, Role, Unit, User
from tests.conftest import close_answer
from tests.factories import full_scores

from .cast import DISTRICT, OWN, SIBLING, Township, accounts

MATRIX = Path(__file__).with_name("access.txt")
METHODS = ("GET", "POST")
ROLES = ("public", "clerk", "head", "reviewer", "leader", "auditor", "admin", "own-admin", "api")
PLACES = {
    "belts": "B-01",
    "zones": "Z-01",
    "routes": "R-01",
    "townships": "130207114",
    "consortia": "C-01",
    "teaching-sites": "TS-01",
    "special-actions": "SA-01",
    "policy-documents": "PD-004",
}
NOBODY, NOWHERE = uuid.UUID(int=7), "NO-SUCH"
INTERNAL = {"own": "金丝雀甲", "sibling": "金丝雀乙"}
SECRETS = ("13911110000", "13922220000", "金丝雀联系方式")  # telephones of both townships, and a citizen's contact
UNNAMED = {"i18n", "jsi18n", "autocomplete", "view_on_site"}


class Stage:
    """Two townships, the district's rounds and notices, and the cast."""

    def __init__(self):
        self.cast = accounts()
        self.own = Township(OWN, INTERNAL["own"], SECRETS[0], self.cast)
        self.sibling = Township(SIBLING, INTERNAL["sibling"], SECRETS[1], self.cast)
        second = User.objects.create(username="second", role=Role.REVIEWER, read_prefix=DISTRICT, write_prefix=DISTRICT)
        for township in (self.own, self.sibling):
            save_scores(township.ready, full_scores(township.ready), was={}, by=second)
            finish_scoring(township.ready, seen={}, by=second)
        today = timezone.localdate()
        self.notice = post_notice([self.own.ready], title="公示", starts_on=today, by=second)
        later = today + timedelta(days=7)
        self.unposted = post_notice([self.sibling.ready], title="未发布的公示", starts_on=later, by=second)
        [self.recheck] = open_rechecks([self.own.named], by=second)
        save_scores(self.recheck, full_scores(self.recheck), was={}, by=second)
        finish_scoring(self.recheck, seen={}, by=second)
        self.host = allow_host("map.example.cn", by=self.cast["admin"])
        hook = {"name": "市平台", "address": "https://map.example.cn/", "kinds": ["points"]}
        self.hook = add_hook(self.cast["admin"], by=self.cast["admin"], **hook)
        place = Area.objects.unscoped("test").get(code=DISTRICT)
        self.heading = KnownHeading.objects.create(area=place, kind="point", heading="档位", field="grade")
        self.term = open_take_over(place, ends_on=later, reason="历史台账补录", by=self.cast["admin"])
        self._assess()
        [standard] = Standard.objects.public()
        self.draft_standard = draft_version(standard, by=self.cast["admin"])
        for code, area in {f"U-{OWN}": OWN, f"U-{SIBLING}": SIBLING}.items():
            Unit.objects.create(code=code, name=f"示例单位{area}", kind="enterprise", area_id=area)
        for code, township in {"SF-0": self.own, "SF-1": self.sibling}.items():
            SupervisionFinding.objects.create(
                code=code, inspected_on=today, deadline=later, issuer="区委组织部",
                finding=f"{township.canary}记录不全", area=township.named.area,
                organisation=township.named.organisation,
            )  # fmt: skip
        self.client = Client()  # one for all: a new one reads every static file again
        self.cookies = {"public": SimpleCookie()} | {
            role: self._signed_in(account) for role, account in self.cast.items()
        }

    def _assess(self):
        """A scheme in writing; the open one of the sample; one that is announced, with an appeal of either township."""
        admin, reviewer = self.cast[Role.ADMIN], self.cast[Role.REVIEWER]
        written = [Scheme(name=f"{year}年考评", year=year, kind="township", area_id=DISTRICT) for year in (2026, 2027)]
        for scheme in written:
            write_scheme(scheme, [SchemeItem(part="X", name="特色工作", weight=Decimal(100))], by=admin)
        self.announced, self.unopened = open_scheme(written[0], by=admin), written[1]
        for card in self.announced.results.unscoped("test").select_related("scheme"):
            give_scores(card, {1: Decimal(50)}, {}, by=reviewer)
        self.announced = announce(self.announced, by=admin)
        [item] = items_in(self.announced)
        for township in (self.own, self.sibling):
            area, reason = township.named.area_id[:9], f"{township.canary}申诉"
            cards = SchemeResult.objects.unscoped("test").filter(area=area).select_related("scheme", "area")
            township.card, township.announced_card = (
                cards.get(scheme__code="SC-2021-01"),
                cards.get(scheme=self.announced),
            )
            township.card.scores.update(note=f"{township.canary}说明")
            township.appeal = make_appeal(township.announced_card, item, reason, by=township.clerk)

    def _signed_in(self, account: User) -> SimpleCookie:
        client = Client()
        client.force_login(account)
        return client.cookies

    def things(self, route: str) -> dict[str, dict]:
        """What an address is asked about: arguments by kind of object. One without arguments is asked once."""
        names = {
            name
            for name in (
                "code",
                "key",
                "section",
                "upload",
                "pk",
                "slug",
                "kind",
                "path",
                "layer",
                "year",
                "file",
                "form",
            )
            if f":{name}>" in route
        }
        section = "brand" if "report" in route else "venue"
        extra = {
            "section": section,
            "slug": "points-unconfirmed" if "attention" in route else "points",
            "form": "incomes",
            "path": "no-such-file",
            "layer": "points",
            "year": 2021,
            "file": "E-0",
        }
        common = {name: extra[name] for name in names & extra.keys()}
        if "template" in route:
            return {"point": {"kind": "point"}, "none": {"kind": "no-such-kind"}}
        if "desk/proof" in route and "upload" in names:
            proofs = {"own": self.own.proof.key, "sibling": self.sibling.proof.key, "unknown": NOBODY}
            return {kind: {"upload": key} for kind, key in proofs.items()}
        if "loads/" in route and "key" in names:
            loads = {"own": self.own.load.key, "sibling": self.sibling.load.key, "unknown": NOBODY}
            return {kind: {"key": key} for kind, key in loads.items()}
        if "desk/records/" in route and "slug" in names:
            units = {kind: {"code": f"U-{township}"} for kind, township in {"own": OWN, "sibling": SIBLING}.items()}
            arguments = {"slug": "unit"} | ({"column": "zone"} if "column" in route else {})
            if "code" not in names:
                return {"unit": arguments, "none": arguments | {"slug": "no-such-kind"}}
            return {kind: arguments | code for kind, code in (units | {"unknown": {"code": NOWHERE}}).items()}
        if "kind" in names and "code" not in names:
            return {"points": {"kind": "points"}, "none": {"kind": "no-such-kind"}}
        if "desk/tokens" in route and "pk" in names:
            tokens = {"own": self.own.token.pk, "sibling": self.sibling.token.pk, "unknown": 10**9}
            return {kind: {"pk": pk} for kind, pk in tokens.items()}
        if "desk/hooks" in route and "pk" in names:
            return {"-": {"pk": (self.host if "hosts" in route else self.hook).pk}, "unknown": {"pk": 10**9}}
        if "loads/headings" in route:
            return {"-": {"pk": self.heading.pk}, "unknown": {"pk": 10**9}}
        if "desk/take-over" in route and "pk" in names:
            return {"-": {"pk": self.term.pk}, "unknown": {"pk": 10**9}}
        if "desk/appeals" in route:
            appeals = {"own": self.own.appeal.pk, "sibling": self.sibling.appeal.pk, "unknown": 10**9}
            return {kind: {"pk": pk} for kind, pk in appeals.items()}
        if "pk" in names:
            return {role: {"pk": self.cast[role].pk} for role in self.cast} | {
                "own": {"pk": self.own.clerk.pk}, "sibling": {"pk": self.sibling.clerk.pk}, "unknown": {"pk": 10**9}
            }  # fmt: skip
        if not names & {"code", "key"}:
            return {"-": common}
        return {kind: common | arguments for kind, arguments in self._records(route, names).items()}

    def _records(self, route: str, names: set[str]) -> dict[str, dict]:
        if "key" in names:
            drafts = {"own": self.own, "sibling": self.sibling}
            which = "submitted" if "reviews/drafts" in route else "draft"
            arguments = {kind: {"key": getattr(township, which).key} for kind, township in drafts.items()}
            arguments |= {"discarded": {"key": self.own.discarded.key}, "unknown": {"key": NOBODY}}
            for kind, more in arguments.items():
                township = drafts.get(kind, self.own)
                more |= {"upload": township.upload.key} if "upload" in names else {}
                more |= {"code": township.photo.code} if "code" in names else {}
            return arguments
        if "drafts/<str:code>" in route:
            drafts = {"own": self.own.draft.key, "sibling": self.sibling.draft.key, "unknown": NOBODY}
            return {kind: {"code": str(key)} for kind, key in drafts.items()}
        slug = route.removeprefix("api/v1/").partition("/")[0]
        if route == f"api/v1/{slug}/<str:code>/" and slug in RESOURCES and slug != "points":
            return {kind: {"code": code} for kind, code in self._of_resource(slug).items()}
        kinds = {"kind": "points"} if "kind" in names else {}
        arguments = {kind: {"code": code} | kinds for kind, code in self._codes(route).items()}
        if kinds:
            [problem] = problems_of(self.own.plan)
            arguments["unpublished problem"] = {"kind": "problems", "code": problem.code}
        return arguments

    def _codes(self, route: str) -> dict[str, str]:
        """Codes of what the address is about, by the first of these words in it; of points where none is."""
        own, sibling = self.own, self.sibling
        unpublished = {"unpublished": own.plan.code, "foreign unpublished": sibling.plan.code}
        projects = {"own": own.project.code, "sibling": sibling.project.code}
        projects |= {"plan": own.plan.code, "delivered": own.delivered.code}
        reviews = {"own": own.review.code, "sibling": sibling.review.code, "recheck": self.recheck.code}
        schemes = {"own": "SC-2021-01", "published": "SC-2020-01", "announced": self.announced.code}
        words = {
            "desk/projects": projects,
            "api/v1/projects": projects,
            "projects/": {"own": "SP-2021-01", "promised": own.project.code} | unpublished,
            "schemes/": schemes | {"unpublished": self.unopened.code},
            "results/": {"own": own.card.code, "sibling": sibling.card.code, "announced": own.announced_card.code}
            | {"published": "SC-2020-01-001"},
            "desk/areas": {"own": OWN, "sibling": SIBLING, "unknown": NOWHERE},
            "desk/packs": {"own": own.pack.code, "sibling": sibling.pack.code},
            "packs/": {"own": signed(own.pack), "sibling": signed(sibling.pack)},
            "supervision/talk": {"own": OWN},
            "api/v1/bookings": {"own": own.booking.code, "sibling": sibling.booking.code},
            "api/v1/teaching-sites": {"own": f"TS-{OWN}", "sibling": f"TS-{SIBLING}"},
            "api/v1/organisations": {"own": f"O-{OWN}", "sibling": f"O-{SIBLING}"},
            "api/v1/findings": {"own": "SF-0", "sibling": "SF-1"},
            "desk/rules": {"own": "PA-belt-minimum"},
            "desk/standards": {"in force": "ST-01", "draft": self.draft_standard.code},
            "desk/bookings": {"own": own.booking.code, "sibling": sibling.booking.code},
            "desk/supervision": {"own": "SF-0", "sibling": "SF-1"},
            "desk/reviews": reviews,
            "api/v1/reviews": reviews,
            "notices": {"own": self.notice.code, "unpublished": self.unposted.code},
            "remarks": {"own": own.remark.code, "sibling": sibling.remark.code},
            "evidence": {"own": own.photo.code, "sibling": sibling.photo.code},
            **{f"{word}/": {"own": code} for word, code in PLACES.items()},
            "": {"own": own.named.code, "sibling": sibling.named.code, "unpublished": own.review.point.code}
            | {"foreign unpublished": sibling.review.point.code}
            | {"deleted": own.deleted.code, "foreign deleted": sibling.deleted.code},
        }
        return next(codes for word, codes in words.items() if word in route) | {"unknown": NOWHERE}

    def _of_resource(self, slug: str) -> dict[str, str]:
        """Codes of a resource of the API: a round not yet decided and an event of either township, else a record of
        each, or just one where they lie in none."""
        townships = {"own": self.own, "sibling": self.sibling}
        if slug == "reviews":
            return {kind: township.review.code for kind, township in townships.items()} | {"unknown": NOWHERE}
        if slug == "events":
            scores = Event.objects.filter(verb="score")
            events = {kind: scores.filter(code=township.ready.code).first() for kind, township in townships.items()}
            deletions = Event.objects.filter(verb="delete")
            events |= {
                f"deleted in {kind}": deletions.get(code=township.deleted.code) for kind, township in townships.items()
            }
            return {kind: str(event.pk) for kind, event in events.items()} | {"unknown": "0"}
        rows = RESOURCES[slug].model.objects.unscoped("test").order_by("code")
        first = rows.area_path.split("__")[0].removesuffix("_id")
        lies = first in {field.name for field in rows.model._meta.fields}
        places = {"own": rows.in_area(OWN), "sibling": rows.in_area(SIBLING)} if lies else {"own": rows}
        codes = {kind: rows.values_list("code", flat=True).first() for kind, rows in places.items()}
        return {kind: code for kind, code in codes.items() if code} | {"unknown": NOWHERE}

    def ask(self, role: str, method: str, address: str) -> str:
        """The cell of the matrix; whatever the request changed is undone. Fails on what may not be shown to anybody."""
        self.client.cookies = SimpleCookie({name: morsel.value for name, morsel in self.cookies[role].items()})
        with transaction.atomic():
            answer = self._answer(method, address)
            body = "" if answer.streaming else answer.content.decode(errors="replace")
            close_answer(answer)
            transaction.set_rollback(True)
        assert answer.status_code < 500, f"{role} {method} {address}: {answer.status_code}"
        inside = role in (Role.CLERK, Role.HEAD, "own-admin")
        if inside or role in ("public", Role.LEADER, Role.API):
            assert INTERNAL["sibling"] not in body, f"{role} {method} {address} shows what is internal to a sibling"
        for secret in SECRETS[1:] if inside else SECRETS[:2] if role != Role.ADMIN else ():
            own_contact = secret == SECRETS[2] and "/desk/remarks/" in address
            assert own_contact or secret not in body, f"{role} {method} {address} shows {secret}"
        return f"{answer.status_code}{'+' if INTERNAL['own'] in body else ''}"

    def _answer(self, method: str, address: str):
        """Programs send JSON; where files are sent, a form."""
        if method == "GET":
            return self.client.get(address)
        if "/api/" not in address or address.endswith("/loads/"):
            return self.client.post(address)
        where = f"{address}?reason=walk" if method == "DELETE" else address
        body = "[]" if method == "PATCH" and address.count("/") < 5 else "{}"
        return self.client.generic(method, where, body, "application/json", headers={"If-Match": "*"})


@cache
def addresses() -> dict[str, tuple[URLPattern, str]]:
    """Every address of the site: its name, with the admin's under admin:, and its route."""
    by_name: dict[str, tuple[URLPattern, str]] = {}

    def walk(patterns, before: str, space: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if not isinstance(pattern, URLPattern):
                walk(pattern.url_patterns, route, f"{pattern.namespace}:" if pattern.namespace else space)
            elif pattern.name is None and "admin" not in route:
                by_name[route] = (pattern, route)
            elif pattern.name and pattern.name not in UNNAMED:
                by_name[space + pattern.name] = (pattern, route)

    walk(get_resolver().url_patterns, "", "")
    return by_name


def methods(name: str) -> tuple[str, ...]:
    """How an address is asked: to be read and to be sent something, and as programs do where it takes that."""
    pattern, _route = addresses()[name]
    view = getattr(pattern.callback, "cls", None)
    return METHODS + tuple(method for method in ("PATCH", "DELETE") if hasattr(view, method.lower()))


def cases(stage: Stage, name: str) -> list[tuple[str, str]]:
    """(kind of object, address) of everything that is asked at the address `name`."""
    _pattern, route = addresses()[name]
    if name.startswith("admin:"):
        return [("-", address) for address in _admin(name)]
    made = []
    for kind, arguments in stage.things(route).items():
        if "/" in name:  # a page of a kind of its own has no name
            made.append((kind, "/" + route.replace("<str:code>", str(arguments["code"]))))
        else:
            made.append((kind, reverse(name, kwargs=arguments)))
    if name == "remark-new":
        codes = {"own": stage.own.named.code, "unpublished": stage.own.review.point.code, "unknown": NOWHERE}
        return [(kind, f"{made[0][1]}?kind=points&code={code}") for kind, code in codes.items()]
    return made


def _admin(name: str) -> list[str]:
    """An address of the administration; one that needs a record gets one of the district, if the sample has any."""
    _pattern, route = addresses()[name]
    if "<" not in route:
        return [reverse(name)]
    models = {f"admin:{m._meta.app_label}_{m._meta.model_name}": m for m in _admin_models()}
    model = models.get(name.rsplit("_", 1)[0])
    if model is None:
        return []
    rows = model._base_manager.order_by("pk")
    first = (rows.filter(code__startswith=DISTRICT) if model is Area else rows).first()
    return [reverse(name, args=[first.pk])] if first else []


def _admin_models():
    from django.contrib import admin

    return list(admin.site._registry)


def walked(stage: Stage, names, roles=ROLES) -> dict[str, dict[str, str]]:
    """The rows of the matrix for these addresses: `name | kind | METHOD` and a cell for each of `roles`."""
    return {
        f"{name} | {kind} | {method}": {role: stage.ask(role, method, address) for role in roles}
        for name in names
        for kind, address in cases(stage, name)
        for method in methods(name)
    }


def matrix() -> dict[str, dict[str, str]]:
    """access.txt: the cells of each row by role."""
    lines = [line for line in MATRIX.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = (line.rsplit("||", 1) for line in lines)
    return {key.strip(): dict(zip(ROLES, cells.split(), strict=True)) for key, cells in rows}


def record(rows: dict[str, dict[str, str]]) -> None:
    """Writes access.txt anew."""
    head = f"# address | about | method || {_spread(ROLES)}"
    width = max(map(len, rows))
    lines = [head, *(f"{key:<{width}} || {_spread(cells.values())}" for key, cells in rows.items())]
    MATRIX.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")


def _spread(cells) -> str:
    return " ".join(f"{cell:<5}" for cell in cells)
