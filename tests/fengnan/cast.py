"""Who and what the walk finds: the cast, one account a role, and everything one township has."""

import uuid
from datetime import date

from django.utils import timezone

from assessment.actions.packs import make_pack
from assessment.actions.projects import freeze_promise, hand_in, open_project
from assessment.actions.scoring import pass_draft
from assessment.models import SecretaryProject
from registry.actions.deletion import delete_record
from registry.actions.drafts import discard_draft
from registry.actions.evidence import add_evidence
from registry.actions.records import save_record
from registry.actions.tokens import make_token
from registry.models import (
    Booking,
    DemonstrationPoint,
    Load,
    PartyOrganisation,
    Remark,
    Role,
    TeachingSite,
    Upload,
    User,
)
from tests.factories import PHOTO, make_draft, make_point, make_submitted

DISTRICT, OWN, SIBLING = "130207", "130207114", "130207108"


def accounts() -> dict[str, User]:
    """The cast of the walk, none a superuser, each with a second factor out of the way; all may enter the
    administration, so that the table alone decides there. `own-admin` is an administrator of one township."""
    areas = {Role.CLERK: (OWN, OWN), Role.HEAD: (OWN, OWN), Role.LEADER: (DISTRICT, ""), Role.AUDITOR: (DISTRICT, "")}
    made = {}
    for role in Role.values:
        read, write = areas.get(role, (DISTRICT, DISTRICT if role != Role.API else ""))
        made[role] = User.objects.create(
            username=f"walk-{role}", role=role, read_prefix=read, write_prefix=write, is_staff=True
        )
    own = {"role": Role.ADMIN, "read_prefix": OWN, "write_prefix": OWN}
    made["own-admin"] = User.objects.create(username="walk-own-admin", is_staff=True, **own)
    return made


class Township:
    """Everything one township has, from draft to title, with its canary in all that is internal."""

    def __init__(self, area: str, canary: str, phone: str, others: dict[str, User]):
        self.canary = canary
        password = "a long enough password"
        self.clerk = User.objects.create_user(
            f"clerk {canary}", password=password, role=Role.CLERK, read_prefix=area, write_prefix=area
        )
        head = User.objects.create(username=f"head {canary}", role=Role.HEAD, read_prefix=area, write_prefix=area)
        organisation = PartyOrganisation.objects.unscoped("test").filter(area__code__startswith=area).first()
        organisation.phone = phone
        organisation.save()
        texts = {"highlights": f"{canary}亮点", "phone": phone}
        token = {"name": f"{canary}密钥", "scopes": ["read"], "password": password, "by": self.clerk}
        self.token, _text = make_token(self.clerk, **token)
        self.draft = make_draft(self.clerk, **texts)
        self.photo = add_evidence(self.draft, f"{canary}.jpg", PHOTO, by=self.clerk)
        self.upload = Upload.objects.create(
            key=uuid.uuid4(), draft=self.draft, by=others["clerk"], file_name="x", size=9
        )
        self.proof = Upload.objects.create(key=uuid.uuid4(), by=self.clerk, file_name="x", size=9)
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
        self.discarded = discard_draft(make_draft(self.clerk, **texts), by=self.clerk)
        self.deleted = make_point(area=area, name=f"{canary}误录")
        delete_record(self.deleted, by=others["admin"], reason=f"{canary}误录")
        self.named.remark = "公开备注"
        save_record(self.named, by=others["admin"], reason=f"{canary}理由")
        self.remark = Remark.objects.create(
            code=f"RM-{area}", kind="points", record_code=self.named.code, record_name=self.named.name,
            area=self.named.area, text=f"{canary}留言", contact="金丝雀联系方式", due_on=timezone.localdate(),
        )  # fmt: skip
        site = TeachingSite.objects.create(
            code=f"TS-{area}", name="教学点", level="municipal", area=self.named.area, point=self.named,
            named_on=date(2020, 1, 1),
        )  # fmt: skip
        self.booking = Booking.objects.create(
            code=f"BK-{area}", site=site, booked_for=timezone.localdate(), visitor=f"{canary}来访", headcount=10,
            phone=phone,
        )  # fmt: skip
        self.pack = make_pack(self.named, by=self.clerk)
        self.plan, self.project, self.delivered = (self._project(area) for _ in range(3))
        for project in (self.project, self.delivered):
            freeze_promise(project, on=timezone.localdate(), by=self.clerk)
        hand_in(self.delivered, on=timezone.localdate(), text="已完成", difference="未解决", by=self.clerk)

    def _project(self, area: str) -> SecretaryProject:
        project = SecretaryProject(
            name="书记项目", organisation=PartyOrganisation.objects.unscoped("test").get(code=f"O-{area}"),
            measures="举措", expected_results="成效", deadline=timezone.localdate(), team=f"{self.canary}项目组",
        )  # fmt: skip
        return open_project(project, ["难题"], by=self.clerk)
