"""The start of a registry: from an empty database to a district with areas, names, parameters and first accounts."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from registry.models import Area, AreaLevel, District, Role, User, current_district, district_area, forget_district
from registry.text.area_codes import LENGTHS
from registry.text.pinyin import syllables_of
from registry.text.refusals import Refused

from .accounts import accounts_below, add_account, reset_password
from .areas import level_by_name
from .sample import load_sample
from .search import rebuild

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "start"  # parameters, lists and the ten items, to be confirmed
NATIONAL = Path(settings.DATA_DIR) / "areas"  # where `make areas` puts the national list
NATIONAL_FILES = ("provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv")
SUFFIXES = ("自治县", "自治旗", "矿区", "林区", "特区", "新区", "市", "区", "县", "旗")
HEADINGS = {
    "code": ("code", "代码", "区划代码", "行政区划代码", "统计用区划代码"),
    "name": ("name", "名称", "区划名称", "行政区划名称"),
    "level": ("level", "级别"),
}


class AreasUnusable(ValueError):
    """A list of areas that cannot be used: where and why."""


@dataclass(frozen=True)
class ListedArea:
    """An area of a list, with the code of the area it lies in; empty for a province."""

    code: str
    name: str
    level: str
    parent: str


def is_started() -> bool:
    return current_district() is not None


def national_list() -> list[Path]:
    """The files of the national list; none where `make areas` was not run."""
    files = [NATIONAL / name for name in NATIONAL_FILES]
    return files if all(file.is_file() for file in files) else []


def read_areas(code: str, files: Iterable[Path]) -> list[ListedArea]:
    """The areas of the lists that lie in `code`, or that it lies in, parents first. Raises AreasUnusable."""
    names: dict[str, tuple[str, str]] = {}
    for file in files:
        for number, row in _rows(file):
            found = row["code"].strip()
            if not (found.isascii() and found.isdigit() and len(found) in LENGTHS):
                words = {"file": file.name, "row": number, "code": found}
                raise AreasUnusable(
                    _("%(file)s, row %(row)s: “%(code)s” is no area code of 2, 4, 6, 9 or 12 digits.") % words
                )
            if found.startswith(code) or code.startswith(found):
                names[found] = (row["name"].strip(), row.get("level", "").strip())
    if code not in names:
        raise AreasUnusable(_("The list has no area with the code “%(code)s”.") % {"code": code})
    return [_listed(found, name, level, names) for found, (name, level) in sorted(names.items())]


def _listed(code: str, name: str, level: str, names: Mapping[str, Any]) -> ListedArea:
    kind = level_by_name(code, name)
    parent = next((code[:length] for length in reversed(LENGTHS) if length < len(code) and code[:length] in names), "")
    return ListedArea(code, name, level if level in AreaLevel.values else kind, parent)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    reader = csv.reader(text.splitlines())
    heading = [cell.strip() for cell in next(reader, [])]
    columns = {
        name: next((heading.index(word) for word in words if word in heading), -1) for name, words in HEADINGS.items()
    }
    if -1 in (columns["code"], columns["name"]):
        raise AreasUnusable(_("%(file)s has no column “code” or no column “name”.") % {"file": file.name})
    for number, row in enumerate(reader, start=2):
        if any(cell.strip() for cell in row):
            yield number, {name: row[at] if 0 <= at < len(row) else "" for name, at in columns.items()}


def short_name(name: str) -> str:
    """丰南 of 丰南区."""
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix) and len(name) - len(suffix) >= 2), "")
    return name.removesuffix(suffix)


def initials(name: str) -> str:
    """FN of 丰南区: what the codes of its points begin with, if nothing else is chosen."""
    return "".join(word[0] for word in syllables_of(short_name(name)) if word[:1].isalpha()).upper()[:6] or "P"


def start_district(code: str, areas: list[ListedArea], **names: str) -> tuple[District, Counter]:
    """Makes the areas, the district with its names, the parameters, the lists and the draft of the ten items. Returns
    the district and the number of rows by kind. Raises Refused where the registry holds areas already."""
    if Area.objects.unscoped("is there anything at all?").exists():
        raise Refused("registry_started")
    with transaction.atomic():
        counts: Counter = Counter()
        rows = [Area(code=row.code, name=row.name, level=row.level, parent_id=row.parent or None) for row in areas]
        Area.objects.bulk_create(rows, batch_size=500)
        counts[str(Area._meta.verbose_name_plural)] = len(rows)
        district = District(code="DISTRICT", area_id=code, **_names(code, areas, names))
        district.full_clean()
        district.save()
        counts += load_sample(FOLDER)
    forget_district()
    rebuild()
    return district, counts


def _names(code: str, areas: list[ListedArea], names: dict[str, str]) -> dict[str, str]:
    own = next(area.name for area in areas if area.code == code)
    name = names.get("name") or own
    return {
        "name": name,
        "title": names.get("title") or f"{name}党建示范创建台账",
        "plate_title": f"{name}党建示范点",
        "code_prefix": names.get("code_prefix") or initials(name),
        "sources": "区划代码来源：国家统计局。",
        "sources_en": "Area codes: National Bureau of Statistics.",
    }


def add_first_administrator(username: str, area: str, password: str) -> User:
    """The account that sets the registry up; it must choose another password, and add a second factor where one is
    required."""
    user = User(username=username, display_name=username, role=Role.ADMIN, read_prefix=area, write_prefix=area)
    user.is_staff = user.must_change_password = True
    user.set_password(password)
    user.full_clean()
    user.save()
    return user


def add_township_accounts(*, by: User) -> list[tuple[str, str, str, str]]:
    """A reviewer where the district has none, a clerk and a head for each township that has none: (area, role, user
    name, first password), shown once."""
    taken = set(User.objects.values_list("username", flat=True))
    made = []
    district = Area.objects.public().filter(code=district_area()).first()
    if district is not None and not User.objects.filter(role=Role.REVIEWER, is_active=True).exists():
        made.append(_add_account(district, Role.REVIEWER, "reviewer", taken, by))
    townships = Area.objects.public().filter(level=AreaLevel.TOWNSHIP, code__startswith=by.write_prefix)
    for area in townships.order_by("code"):
        for role, suffix in ((Role.CLERK, "clerk"), (Role.HEAD, "head")):
            if User.objects.filter(role=role, write_prefix=area.code).exists():
                continue
            made.append(_add_account(area, role, f"{''.join(syllables_of(short_name(area.name)))}-{suffix}", taken, by))
    return made


def unused_accounts(by: User) -> QuerySet[User]:
    """The accounts below `by` that still wait for their first sign-in."""
    return accounts_below(by).filter(must_change_password=True, last_login=None, is_active=True)


def renew_first_passwords(*, by: User) -> list[tuple[str, str, str, str]]:
    """New first passwords for the accounts that nobody has signed in to, because the file with the others is lost; as
    `add_township_accounts` gives them."""
    names = dict(Area.objects.public().values_list("code", "name"))
    return [
        (
            names.get(account.read_prefix, ""),
            account.get_role_display(),
            account.username,
            reset_password(account, by=by),
        )
        for account in unused_accounts(by)
    ]


def _add_account(area: Area, role: Role, name: str, taken: set[str], by: User) -> tuple[str, str, str, str]:
    label = f"{area.name}{role.label}"[:40]
    account, password = add_account(_free_name(name, taken), display_name=label, role=role, area=area.code, by=by)
    return area.name, str(role.label), account.username, password


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 1, name[:140]
    while free in taken:
        number += 1
        free = f"{name[:140]}{number}"
    taken.add(free)
    return free
