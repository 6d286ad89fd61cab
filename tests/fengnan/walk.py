"""The walk over every address: each account asks about its own township's records, a sibling township's, one that does
not exist and one that is not published. Its answers stand in access.txt.

A cell holds the status, and a `+` where the answer shows what is internal to the own township. What is internal to the
sibling may never occur.
"""

import uuid
from datetime import date, timedelta
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from assessment.actions.naming import open_rechecks, post_notice
from assessment.actions.packs import make_pack, signed
from assessment.actions.projects import freeze_promise, hand_in, open_project, problems_of
from assessment.actions.scoring import finish_scoring, pass_draft, save_scores
from assessment.models import SecretaryProject, SupervisionFinding
from registry.actions.evidence import add_evidence
from registry.actions.hooks import add_hook, allow_host
from registry.actions.records import save_record
from registry.actions.tokens import make_token
from registry.api.resources import RESOURCES
from registry.models import DemonstrationPoint, Event, Load, PartyOrganisation, Remark, Role, Upload, User
from tests.factories import PHOTO, full_scores, make_draft, make_submitted

MATRIX = Path(__file__).with_name("access.txt")
METHODS = ("GET", "POST")
ROLES = ("public", "clerk", "head", "reviewer", "leader", "auditor", "admin", "api")
DISTRICT, OWN, SIBLING = "130207", "130207114", "130207108"
NOBODY, NOWHERE = uuid.UUID(int=7), "NO-SUCH"
INTERNAL = {"own": "金丝雀甲", "sibling": "金丝雀乙"}
SECRETS = ("13911110000", "13922220000", "金丝雀联系方式")  # telephones of both townships, and a citizen's contact
UNNAMED = {"i18n", "jsi18n", "autocomplete", "view_on_site"}


def _accounts() -> dict[str, User]:
    """The cast of the walk, each with a second factor out of the way; all may enter the administration, so that the
    table alone decides there."""
    areas = {Role.CLERK: (OWN, OWN), Role.HEAD: (OWN, OWN), Role.LEADER: (DISTRICT, ""), Role.AUDITOR: (DISTRICT, "")}
    made = {}
    for role in Role.values:
        read, write = areas.get(role, (DISTRICT, DISTRICT if role != Role.API else ""))
        made[role] = User.objects.create(
            username=f"walk-{role}", role=role, read_prefix=read, write_prefix=write, is_staff=True
        )
    return made


class Township:
    """Everything one township has, from draft to title, with its canary in all that is internal."""

    def __init__(self, area: str, canary: str, phone: str, others: dict[str, User]):
        self.canary = canary
        self.clerk = User.objects.create(
            username=f"clerk {canary}", role=Role.CLERK, read_prefix=area, write_prefix=area
        )
        head = User.objects.create(username=f"head {canary}", role=Role.HEAD, read_prefix=area, write_prefix=area)
        organisation = PartyOrganisation.objects.unscoped("test").filter(area__code__startswith=area).first()
        organisation.phone = phone
        organisation.save()
        texts = {"highlights": f"{canary}亮点", "phone": phone}
        self.token, _text = make_token(self.clerk, name=f"{canary}令牌", scopes=["read"], by=self.clerk)
        self.draft = make_draft(self.clerk, **texts)
        self.photo = add_evidence(self.draft, f"{canary}.jpg", PHOTO, by=self.clerk)
        self.upload = Upload.objects.create(
            key=uuid.uuid4(), draft=self.draft, by=others["clerk"], file_name="x", size=9
        )
        self.load = Load.objects.create(
            kind="point", by=self.clerk, area_id=area, file_name=f"{canary}.xlsx", state="ready", changed=1, refused=1
        )
        self.load.rows.create(sheet=0, row=2, verdict="changed", name=canary, changes={"phone": ["", phone]})
        unread = {
            "field": "phone",
            "column": "D",
            "level": "refused",
            "code": "not_a_phone",
            "details": {"text": phone},
        }
        self.load.rows.create(sheet=0, row=3, verdict="refused", name=canary, messages=[unread])
        self.submitted = make_submitted(self.clerk, **texts)
        self.review = pass_draft(make_submitted(self.clerk, **texts), opinion=canary, by=head)
        self.ready = pass_draft(make_submitted(self.clerk, **texts), by=head)
        self.named = DemonstrationPoint.objects.public().named(date(2026, 1, 1)).in_area(area).order_by("code")[0]
        self.named.remark = "公开备注"
        save_record(self.named, by=others["admin"], reason=f"{canary}理由")
        self.remark = Remark.objects.create(
            code=f"RM-{area}", kind="points", record_code=self.named.code, record_name=self.named.name,
            area=self.named.area, text=f"{canary}留言", contact="金丝雀联系方式", due_on=timezone.localdate(),
        )  # fmt: skip
        self.pack = make_pack(self.named, by=self.clerk)
        self.plan, self.project, self.delivered = (self._project(area) for _each in range(3))
        for project in (self.project, self.delivered):
            freeze_promise(project, on=timezone.localdate(), by=self.clerk)
        hand_in(self.delivered, on=timezone.localdate(), text="已完成", difference="未解决", by=self.clerk)

    def _project(self, area: str) -> SecretaryProject:
        project = SecretaryProject(
            name="书记项目", organisation=PartyOrganisation.objects.unscoped("test").get(code=f"O-{area}"),
            measures="举措", expected_results="成效", deadline=timezone.localdate(), team=f"{self.canary}项目组",
        )  # fmt: skip
        return open_project(project, ["难题"], by=self.clerk)


class Stage:
    """Two townships, the district's rounds and notices, and the cast."""

    def __init__(self):
        self.cast = _accounts()
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

    def _signed_in(self, account: User) -> SimpleCookie:
        client = Client()
        client.force_login(account)
        return client.cookies

    def things(self, route: str) -> dict[str, dict]:
        """What an address is asked about: arguments by kind of object. One without arguments is asked once."""
        names = {
            name
            for name in ("code", "key", "section", "upload", "pk", "slug", "kind", "path", "layer", "year", "file")
            if f":{name}>" in route
        }
        section = "brand" if "report" in route else "venue"
        extra = {
            "section": section,
            "slug": "points",
            "path": "no-such-file",
            "layer": "points",
            "year": 2021,
            "file": "E-0",
        }
        common = {name: extra[name] for name in names & extra.keys()}
        if "template" in route:
            return {"point": {"kind": "point"}, "none": {"kind": "no-such-kind"}}
        if "loads/" in route and "key" in names:
            loads = {"own": self.own.load.key, "sibling": self.sibling.load.key, "unknown": NOBODY}
            return {kind: {"key": key} for kind, key in loads.items()}
        if "kind" in names and "code" not in names:
            return {"points": {"kind": "points"}, "none": {"kind": "no-such-kind"}}
        if "desk/tokens" in route and "pk" in names:
            tokens = {"own": self.own.token.pk, "sibling": self.sibling.token.pk, "unknown": 10**9}
            return {kind: {"pk": pk} for kind, pk in tokens.items()}
        if "desk/hooks" in route and "pk" in names:
            return {"-": {"pk": (self.host if "hosts" in route else self.hook).pk}, "unknown": {"pk": 10**9}}
        if "pk" in names:
            return {role: {"pk": self.cast[role].pk} for role in self.cast} | {
                "own": {"pk": self.own.clerk.pk}, "sibling": {"pk": self.sibling.clerk.pk}, "unknown": {"pk": 10**9}
            }  # fmt: skip
        if not names & {"code", "key"}:
            return {"-": common}
        return {kind: common | found for kind, found in self._records(route, names).items()}

    def _records(self, route: str, names: set[str]) -> dict[str, dict]:
        if "key" in names:
            drafts = {"own": self.own, "sibling": self.sibling}
            which = "submitted" if "reviews/drafts" in route else "draft"
            found = {kind: {"key": getattr(township, which).key} for kind, township in drafts.items()}
            found["unknown"] = {"key": NOBODY}
            for kind, more in found.items():
                township = drafts.get(kind, self.own)
                more |= {"upload": township.upload.key} if "upload" in names else {}
                more |= {"code": township.photo.code} if "code" in names else {}
            return found
        if "drafts/<str:code>" in route:
            drafts = {"own": self.own.draft.key, "sibling": self.sibling.draft.key, "unknown": NOBODY}
            return {kind: {"code": str(key)} for kind, key in drafts.items()}
        slug = route.removeprefix("api/v1/").partition("/")[0]
        if route == f"api/v1/{slug}/<str:code>/" and slug in RESOURCES and slug != "points":
            return {kind: {"code": code} for kind, code in self._of_resource(slug).items()}
        code = {"own": self.own.named.code, "sibling": self.sibling.named.code, "unknown": NOWHERE}
        code |= {"unpublished": self.own.review.point.code, "foreign unpublished": self.sibling.review.point.code}
        if "desk/projects" in route or "api/v1/projects" in route:
            code = {"own": self.own.project.code, "sibling": self.sibling.project.code, "unknown": NOWHERE}
            code |= {"plan": self.own.plan.code, "delivered": self.own.delivered.code}
        elif route.startswith("projects/"):
            code = {"own": "SP-2021-01", "promised": self.own.project.code, "unknown": NOWHERE}
            code |= {"unpublished": self.own.plan.code, "foreign unpublished": self.sibling.plan.code}
        elif route.startswith("packs/"):
            code = {"own": signed(self.own.pack), "sibling": signed(self.sibling.pack), "unknown": NOWHERE}
        elif "desk/packs" in route:
            code = {"own": self.own.pack.code, "sibling": self.sibling.pack.code, "unknown": NOWHERE}
        elif "supervision/talk" in route:
            code = {"own": OWN, "unknown": NOWHERE}
        elif "desk/supervision" in route:
            code = {"own": "SF-0", "sibling": "SF-1", "unknown": NOWHERE}
        elif "desk/reviews" in route or "api/v1/reviews" in route:
            code = {"own": self.own.review.code, "sibling": self.sibling.review.code, "unknown": NOWHERE}
            code["recheck"] = self.recheck.code
        elif "notices" in route:
            code = {"own": self.notice.code, "unpublished": self.unposted.code, "unknown": NOWHERE}
        elif "remarks" in route:
            code = {"own": self.own.remark.code, "sibling": self.sibling.remark.code, "unknown": NOWHERE}
        elif "evidence" in route:
            code = {"own": self.own.photo.code, "sibling": self.sibling.photo.code, "unknown": NOWHERE}
        else:
            known = {"belts": "B-01", "zones": "Z-01", "routes": "R-01", "townships": OWN, "consortia": "C-01"}
            for word, one in known.items():
                code = {"own": one, "unknown": NOWHERE} if f"{word}/" in route else code
        kinds = {"kind": "points"} if "kind" in names else {}
        found = {kind: {"code": each} | kinds for kind, each in code.items()}
        if kinds:
            [problem] = problems_of(self.own.plan)
            found["unpublished problem"] = {"kind": "problems", "code": problem.code}
        return found

    def _of_resource(self, slug: str) -> dict[str, str]:
        """Codes of a resource of the API: a round not yet decided and an event of either township, else a record of
        each, or just one where they lie in none."""
        townships = {"own": self.own, "sibling": self.sibling}
        if slug == "reviews":
            return {kind: each.review.code for kind, each in townships.items()} | {"unknown": NOWHERE}
        if slug == "events":
            scores = Event.objects.filter(verb="score")
            events = {kind: scores.filter(code=each.ready.code).first() for kind, each in townships.items()}
            return {kind: str(event.pk) for kind, event in events.items()} | {"unknown": "0"}
        rows = RESOURCES[slug].model.objects.unscoped("test").order_by("code")
        first = rows.area_path.split("__")[0].removesuffix("_id")
        lies = first in {field.name for field in rows.model._meta.fields}
        places = {"own": rows.in_area(OWN), "sibling": rows.in_area(SIBLING)} if lies else {"own": rows}
        found = {kind: each.values_list("code", flat=True).first() for kind, each in places.items()}
        return {kind: code for kind, code in found.items() if code} | {"unknown": NOWHERE}

    def ask(self, role: str, method: str, address: str) -> str:
        """The cell of the matrix; whatever the request changed is undone. Fails on what may not be shown to anybody."""
        self.client.cookies = SimpleCookie({name: each.value for name, each in self.cookies[role].items()})
        with transaction.atomic():
            answer = self._answer(method, address)
            body = "" if answer.streaming else answer.content.decode(errors="replace")
            transaction.set_rollback(True)
        assert answer.status_code < 500, f"{role} {method} {address}: {answer.status_code}"
        inside = role in (Role.CLERK, Role.HEAD)
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
    found: dict[str, tuple[URLPattern, str]] = {}

    def walk(patterns, before: str, space: str) -> None:
        for each in patterns:
            route = before + str(each.pattern)
            if not isinstance(each, URLPattern):
                walk(each.url_patterns, route, f"{each.namespace}:" if each.namespace else space)
            elif each.name is None and "admin" not in route:
                found[route] = (each, route)
            elif each.name and each.name not in UNNAMED:
                found[space + each.name] = (each, route)

    walk(get_resolver().url_patterns, "", "")
    return found


def methods(name: str) -> tuple[str, ...]:
    """How an address is asked: to be read and to be sent something, and as programs do where it takes that."""
    pattern, _route = addresses()[name]
    view = getattr(pattern.callback, "cls", None)
    return METHODS + tuple(each for each in ("PATCH", "DELETE") if hasattr(view, each.lower()))


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
    """An address of the administration; one that needs a record gets one of the sample, if it has any."""
    _pattern, route = addresses()[name]
    if "<" not in route:
        return [reverse(name)]
    models = {f"admin:{m._meta.app_label}_{m._meta.model_name}": m for m in _admin_models()}
    model = models.get(name.rsplit("_", 1)[0])
    first = model._base_manager.order_by("pk").first() if model else None
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
