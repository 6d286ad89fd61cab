"""What `make run` adds to the sample: work on every desk, on whatever day, and no public figure moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model
from django.test import override_settings
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import SecretaryProject, SupervisionFinding
from fengnan.demonstration import add_living_rows
from registry.access.scope import Scope
from registry.actions.sample import DEMO_ACCOUNTS, make_demo_accounts
from registry.figures import FIGURES, answer_all
from registry.models import Draft, Event, FieldRemark, PointStatus, Record, StatusPeriod, User
from registry.overviews.attention import Concern, Finding, attention
from registry.overviews.tasks import tasks_of
from tests.conftest import DAQI, DISTRICT, LAST_DAY, TANGFANG, shared_by_tests

DAYS = [date(2027, 1, 1), date(2028, 2, 29), date(2026, 8, 15)]  # a first of the year, a leap day, a Saturday
YEAR = timedelta(days=365)


@dataclass
class Loaded:
    """A day on which the demonstration was loaded: the figures and the keys of all rows before, what was added."""

    today: date
    figures: dict
    open_in_2021: dict[str, list[str]]
    keys: dict[type[Model], set]
    count: int


@pytest.fixture(scope="module", params=DAYS, ids=str)
def loaded(request, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Loaded]:
    """The clock stands at noon of the day until the last test of it."""
    today = request.param
    noon = datetime(today.year, today.month, today.day, 4, tzinfo=UTC)
    demo = override_settings(
        DEMO_PASSWORD="a password for all of them", PRIVATE_ROOT=tmp_path_factory.mktemp("private")
    )
    with shared_by_tests(django_db_blocker), demo, pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: noon)
        make_demo_accounts()
        before = _figures_everywhere(today), _open_in_2021(), _keys()
        yield Loaded(today, *before, count=add_living_rows(today))


def _figures_everywhere(today: date) -> dict:
    places = [(day, area) for day in (today, LAST_DAY) for area in (DISTRICT, DAQI, TANGFANG)]
    return {(day, area): _figures(day, area) for day, area in places}


def _figures(day: date, area: str) -> dict[str, tuple]:
    answers = answer_all(FIGURES.values(), Scope(as_of=day, area=area, default_as_of=day))
    return {slug: (answer.value, answer.part, answer.whole, answer.year) for slug, answer in answers.items()}


def _open_in_2021() -> dict[str, list[str]]:
    findings, projects = (model.objects.unscoped("test") for model in (SupervisionFinding, SecretaryProject))
    percents = projects.opened(LAST_DAY).with_progress(LAST_DAY).order_by("code")
    return {
        "open": sorted(findings.open(LAST_DAY).values_list("code", flat=True)),
        "overdue": sorted(findings.overdue(LAST_DAY).values_list("code", flat=True)),
        "projects": [f"{project.code} {project.stage} {project.percent} {project.solved}" for project in percents],
    }


def _keys() -> dict[type[Model], set]:
    models = [model for app in ("registry", "assessment") for model in apps.get_app_config(app).get_models()]
    return {model: {*model._base_manager.values_list("pk", flat=True)} for model in models}


def _attention_of(user: User, today: date) -> list[Finding]:
    return attention(Scope(as_of=today, area=user.read_prefix, viewer=user, default_as_of=today))


def test_no_figure_moves_and_each_yearly_figure_answers_for_the_same_year(db, loaded):
    assert _figures_everywhere(loaded.today) == loaded.figures
    figures = loaded.figures[loaded.today, DISTRICT]
    assert figures["points"][0] == 445
    assert {year for *_numbers, year in figures.values()} == {None, 2021}


def test_as_of_2021_everything_is_open_that_was(db, loaded):
    assert _open_in_2021() == loaded.open_in_2021


@pytest.mark.parametrize("name", DEMO_ACCOUNTS)
def test_every_desk_has_work_and_nothing_is_overdue_by_a_year(db, loaded, name):
    user, oldest = User.objects.get(username=name), loaded.today - YEAR
    tasks = tasks_of(user, loaded.today)
    assert len(tasks) >= (4 if user.write_prefix else 0)
    assert [task for task in tasks if task.due and task.due < oldest] == []
    findings = _attention_of(user, loaded.today)
    waiting = [finding for finding in findings if finding.check.concern in (Concern.WAITING, Concern.OVERDUE)]
    assert len(waiting) >= 3
    assert [finding.check.slug for finding in waiting if finding.oldest and finding.oldest < oldest] == []


def test_every_record_that_is_added_is_marked(db, loaded):
    added = {model: model._base_manager.exclude(pk__in=keys) for model, keys in loaded.keys.items()}
    records = {model: rows for model, rows in added.items() if issubclass(model, Record)}
    assert sum(rows.count() for rows in records.values()) == loaded.count > 80
    assert [model for model, rows in records.items() if rows.filter(illustrative=False).exists()] == []
    assert [draft for draft in added[Draft] if "示例" not in str(draft)] == []


def test_drafts_and_points_stand_in_every_state(db, loaded):
    assert {*Draft.objects.unscoped("test").values_list("state", flat=True)} == {"open", "submitted", "applied"}
    assert FieldRemark.objects.exists()
    periods = StatusPeriod.objects.filter(valid_to=None).exclude(pk__in=loaded.keys[StatusPeriod])
    reached = {*periods.values_list("status", flat=True)}
    assert reached == {*PointStatus.values} - {PointStatus.DRAFT, PointStatus.NAMED, PointStatus.WITHDRAWN}


def test_what_happens_to_a_record_happens_in_its_order_and_before_now(db, loaded):
    assert not Event.objects.filter(at__gt=timezone.now()).exists()
    moments: dict[tuple, list[datetime]] = {}
    for kind, code, at in Event.objects.order_by("pk").values_list("kind", "code", "at"):
        moments.setdefault((kind, code), []).append(at)
    assert [record for record, when in moments.items() if when != sorted(when)] == []


def test_the_last_scores_stand_beside_the_new_ones_of_an_application_that_came_back(db, loaded, client):
    reviewer = User.objects.get(username="reviewer")
    links = [task.url for task in tasks_of(reviewer, loaded.today) if "/desk/reviews/RV" in task.url]
    client.force_login(reviewer)
    sheets = [client.get(link) for link in links]
    [sheet] = [sheet for sheet in sheets if sheet.context["judging"].previous]
    lines, page = sheet.context["judging"].lines, sheet.content.decode()
    assert all(line.previous is not None for line in lines)
    assert page.count(f"<small>{_('Last round')}</small>") == len(lines)
    assert lines[0].previous_reason in page


@pytest.mark.parametrize(
    ("demo", "options", "count"), [(True, {"living": True}, 1), (True, {}, 0), (False, {"living": True}, 0)]
)
def test_the_command_adds_them_where_it_is_told_to_and_demo_is_set(demo, options, count, sample, monkeypatch, settings):
    command, calls = "fengnan.management.commands.load_sample", []
    nothing = SimpleNamespace(exists=lambda: False)
    monkeypatch.setattr(f"{command}.Area", SimpleNamespace(objects=SimpleNamespace(unscoped=lambda why: nothing)))
    monkeypatch.setattr(f"{command}.load_sample", dict)
    monkeypatch.setattr(f"{command}.add_living_rows", lambda today: calls.append(today) or 0)
    settings.DEMO, settings.DEMO_PASSWORD = demo, "a password for all of them"
    call_command("load_sample", **options)
    assert len(calls) == count
