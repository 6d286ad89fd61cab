"""The models. Each file holds one family, with its querysets above its models."""

from .accounts import Role, User
from .answers import KeptAnswer
from .areas import Area, AreaAlias, AreaLevel
from .base import Field, Level, Record, ScopedQuerySet, ScopeMissing, in_area_q, valid_on
from .bookings import Booking, BookingState, SiteCapacity
from .brands import Brand, Consortium, ConsortiumMembership, RedBusinessDistrict, VillageRole, villages_in_consortia
from .district import (
    District,
    code_prefix,
    current_district,
    district_area,
    forget_district,
    holds_illustrative,
    registry_title,
)
from .drafts import Confirmation, Draft, DraftState, FieldRemark
from .elections import ElectionResult, VillageElection
from .events import Event, EventLink, SearchEntry, SearchPair
from .evidence import Evidence, EvidenceKind, Upload
from .exchange import PLACES, HostedEvent, RouteStop, StudyRoute, TeachingSite, Timed, Visit, timetable
from .funds import Fund, FundCategory, FundLevel, Post, WageRule
from .groupings import (
    Belt,
    BeltMembership,
    Stage,
    Stop,
    Verdict,
    WholeAreaTownship,
    Zone,
    ZoneKind,
    ZoneMembership,
    verdict_over,
)
from .honours import Donation, DonationKind, ExternalResult, Honour, HonourTitle, donating_firms, honoured_organisations
from .hooks import Delivery, DeliveryState, HookHost, WebHook
from .jobs import Job, ScheduledRun
from .loads import KnownHeading, Load, LoadRow, LoadState, RowVerdict
from .organisations import Industry, OrganisationForm, OrganisationKind, PartyOrganisation, Unit, UnitKind
from .parameters import CalendarDay, DayUse, Parameter, Term, TermList, is_weekday
from .points import COUNTED, CoordinateSystem, DemonstrationPoint, Grade, PointStatus, Precision, StatusPeriod
from .policy_documents import PolicyDocument
from .proposals import Proposal, ProposalOutcome, ProposedAct
from .remarks import Remark, RemarkOutcome, RemarkState
from .reports import ReportText
from .special_actions import (
    ActionKind,
    AttachableKind,
    Attachment,
    SpecialAction,
    SpecialActionItem,
    attachable,
)
from .take_overs import TakeOver
from .tallies import PointTally
from .tokens import ApiToken, TokenScope
from .unsent import UnsentForm
from .villages import CollectiveIncome, CommunityAttainment, villages_reaching_income
from .years import FrozenFigure, FrozenYear, YearDeclaration, YearlyFormName

__all__ = [
    "COUNTED",
    "PLACES",
    "ActionKind",
    "ApiToken",
    "Area",
    "AreaAlias",
    "AreaLevel",
    "AttachableKind",
    "Attachment",
    "Belt",
    "BeltMembership",
    "Booking",
    "BookingState",
    "Brand",
    "CalendarDay",
    "CollectiveIncome",
    "CommunityAttainment",
    "Confirmation",
    "Consortium",
    "ConsortiumMembership",
    "CoordinateSystem",
    "DayUse",
    "Delivery",
    "DeliveryState",
    "DemonstrationPoint",
    "District",
    "Donation",
    "DonationKind",
    "Draft",
    "DraftState",
    "ElectionResult",
    "Event",
    "EventLink",
    "Evidence",
    "EvidenceKind",
    "ExternalResult",
    "Field",
    "FieldRemark",
    "FrozenFigure",
    "FrozenYear",
    "Fund",
    "FundCategory",
    "FundLevel",
    "Grade",
    "Honour",
    "HonourTitle",
    "HookHost",
    "HostedEvent",
    "Industry",
    "Job",
    "KeptAnswer",
    "KnownHeading",
    "Level",
    "Load",
    "LoadRow",
    "LoadState",
    "OrganisationForm",
    "OrganisationKind",
    "Parameter",
    "PartyOrganisation",
    "PointStatus",
    "PointTally",
    "PolicyDocument",
    "Post",
    "Precision",
    "Proposal",
    "ProposalOutcome",
    "ProposedAct",
    "Record",
    "RedBusinessDistrict",
    "Remark",
    "RemarkOutcome",
    "RemarkState",
    "ReportText",
    "Role",
    "RouteStop",
    "RowVerdict",
    "ScheduledRun",
    "ScopeMissing",
    "ScopedQuerySet",
    "SearchEntry",
    "SearchPair",
    "SiteCapacity",
    "SpecialAction",
    "SpecialActionItem",
    "Stage",
    "StatusPeriod",
    "Stop",
    "StudyRoute",
    "TakeOver",
    "TeachingSite",
    "Term",
    "TermList",
    "Timed",
    "TokenScope",
    "Unit",
    "UnitKind",
    "UnsentForm",
    "Upload",
    "User",
    "Verdict",
    "VillageElection",
    "VillageRole",
    "Visit",
    "WageRule",
    "WebHook",
    "WholeAreaTownship",
    "YearDeclaration",
    "YearlyFormName",
    "Zone",
    "ZoneKind",
    "ZoneMembership",
    "attachable",
    "code_prefix",
    "current_district",
    "district_area",
    "donating_firms",
    "forget_district",
    "holds_illustrative",
    "honoured_organisations",
    "in_area_q",
    "is_weekday",
    "registry_title",
    "timetable",
    "valid_on",
    "verdict_over",
    "villages_in_consortia",
    "villages_reaching_income",
]  # fmt: skip
