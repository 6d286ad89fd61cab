"""The nouns: what exists. Each file holds one family, with its querysets (the adjectives) above its models."""

from .accounts import Role, User
from .areas import Area, AreaAlias, AreaLevel
from .base import Field, Level, Record, ScopedQuerySet, ScopeMissing, lasting, under
from .brands import Brand, Consortium, ConsortiumMembership, RedBusinessDistrict, VillageRole, villages_in_consortia
from .events import Event, SearchEntry
from .exchange import HostedEvent, RouteStop, StudyRoute, TeachingSite, Visit
from .funds import Fund, FundCategory, FundLevel, Post, WageRule
from .groupings import Belt, BeltMembership, Stage, WholeAreaTownship, Zone, ZoneKind, ZoneMembership
from .honours import Donation, DonationKind, ExternalResult, Honour, HonourTitle, donating_firms, honoured_organisations
from .jobs import Job
from .organisations import Industry, OrganisationForm, OrganisationKind, PartyOrganisation, Unit, UnitKind
from .parameters import Parameter, Term, TermList
from .points import CoordinateSystem, DemonstrationPoint, Grade, Photo, PointStatus, StatusPeriod
from .villages import CollectiveIncome, CommunityAttainment, villages_reaching_income

__all__ = [
    "Area", "AreaAlias", "AreaLevel", "Belt", "BeltMembership", "Brand", "CollectiveIncome", "CommunityAttainment",
    "Consortium", "ConsortiumMembership", "CoordinateSystem", "DemonstrationPoint", "Donation", "DonationKind", "Event",
    "ExternalResult", "Field", "Fund", "FundCategory", "FundLevel", "Grade", "Honour", "HonourTitle", "HostedEvent",
    "Industry", "Job", "Level", "OrganisationForm", "OrganisationKind", "Parameter", "PartyOrganisation", "Photo",
    "PointStatus", "Post", "Record", "RedBusinessDistrict", "Role", "RouteStop", "ScopeMissing", "ScopedQuerySet",
    "SearchEntry", "Stage", "StatusPeriod", "StudyRoute", "TeachingSite", "Term", "TermList", "Unit", "UnitKind",
    "User", "VillageRole", "Visit", "WageRule", "WholeAreaTownship", "Zone", "ZoneKind", "ZoneMembership",
    "donating_firms", "honoured_organisations", "lasting", "under", "villages_in_consortia", "villages_reaching_income",
]  # fmt: skip
