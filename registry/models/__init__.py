"""The nouns: what exists. Each file holds one family, with its querysets (the adjectives) above its models."""

from .accounts import Role, User
from .areas import Area, AreaAlias, AreaLevel
from .base import Field, Level, Record, ScopedQuerySet, ScopeMissing, lasting, under
from .brands import Brand, Consortium, ConsortiumMembership, RedBusinessDistrict, VillageRole, villages_in_consortia
from .drafts import Confirmation, Draft, DraftState, FieldRemark
from .events import Event, SearchEntry
from .evidence import Evidence, EvidenceKind, Upload
from .exchange import HostedEvent, RouteStop, StudyRoute, TeachingSite, Visit
from .funds import Fund, FundCategory, FundLevel, Post, WageRule
from .groupings import Belt, BeltMembership, Stage, WholeAreaTownship, Zone, ZoneKind, ZoneMembership
from .honours import Donation, DonationKind, ExternalResult, Honour, HonourTitle, donating_firms, honoured_organisations
from .jobs import Job
from .organisations import Industry, OrganisationForm, OrganisationKind, PartyOrganisation, Unit, UnitKind
from .parameters import CalendarDay, Parameter, Term, TermList
from .points import CoordinateSystem, DemonstrationPoint, Grade, PointStatus, StatusPeriod
from .remarks import Remark, RemarkOutcome, RemarkState
from .villages import CollectiveIncome, CommunityAttainment, villages_reaching_income

__all__ = [
    "Area", "AreaAlias", "AreaLevel", "Belt", "BeltMembership", "Brand", "CalendarDay", "CollectiveIncome",
    "CommunityAttainment", "Confirmation", "Consortium", "ConsortiumMembership", "CoordinateSystem",
    "DemonstrationPoint", "Donation", "DonationKind", "Draft", "DraftState", "Event", "Evidence", "EvidenceKind",
    "ExternalResult", "Field", "FieldRemark", "Fund", "FundCategory", "FundLevel", "Grade", "Honour", "HonourTitle",
    "HostedEvent", "Industry", "Job", "Level", "OrganisationForm", "OrganisationKind", "Parameter",
    "PartyOrganisation", "PointStatus", "Post", "Record", "RedBusinessDistrict", "Remark", "RemarkOutcome",
    "RemarkState", "Role", "RouteStop", "ScopeMissing", "ScopedQuerySet", "SearchEntry", "Stage", "StatusPeriod",
    "StudyRoute", "TeachingSite", "Term", "TermList", "Unit", "UnitKind", "Upload", "User", "VillageRole", "Visit",
    "WageRule", "WholeAreaTownship", "Zone", "ZoneKind", "ZoneMembership", "donating_firms", "honoured_organisations",
    "lasting", "under", "villages_in_consortia", "villages_reaching_income",
]  # fmt: skip
