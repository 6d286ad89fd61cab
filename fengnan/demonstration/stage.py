"""The accounts, places and days of the demonstration, and the stories that are played on them."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from heapq import heapify, heappop, heappush
from io import BytesIO
from typing import Any
from unittest.mock import patch

from django.utils import timezone
from PIL import Image, ImageDraw

from registry.actions.evidence import File
from registry.actions.sample import DEMO_ACCOUNTS
from registry.models import DemonstrationPoint, PartyOrganisation, User

DAQI, TANGFANG = DEMO_ACCOUNTS["clerk"][3], DEMO_ACCOUNTS["clerk2"][3]
MORNING, PACE = time(8, 30), timedelta(minutes=13)  # the first step of a day, and the time between two
COLOURS = ("#8c2f22", "#2f6b57", "#35598c", "#8a6a1f", "#6a3b78", "#476b2f", "#2f6f86", "#8c4a2f", "#555c66", "#7a2f4c")


class Stage:
    """The day of loading, and the demo accounts by name."""

    def __init__(self, today: date):
        self.today = today
        self.accounts = {user.username: user for user in User.objects.filter(username__in=DEMO_ACCOUNTS)}

    def __getitem__(self, name: str) -> User:
        return self.accounts[name]

    def clerk_of(self, township: str) -> User:
        return self["clerk"] if township == DAQI else self["clerk2"]

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def this_year(self, days: int) -> date:
        """The day so many days ago, but not before the first of the year."""
        return max(self.ago(days), date(self.today.year, 1, 1))

    def ahead(self, days: int) -> date:
        return self.today + timedelta(days=days)


# What happens to one record: before each step it yields the day on which that step is done. It may return a value.
Story = Generator[date, None, Any]


def play(stories: Iterable[Story]) -> None:
    """Plays stories side by side, all steps in the order of their days, so that later events have later numbers."""
    waiting = [(next(story), number, story) for number, story in enumerate(stories)]
    heapify(waiting)
    steps: Counter[date] = Counter()
    while waiting:
        day, number, story = heappop(waiting)
        morning = timezone.make_aware(datetime.combine(day, MORNING))
        with _clock_at(morning + steps[day] * PACE), suppress(StopIteration):
            heappush(waiting, (next(story), number, story))
        steps[day] += 1


@contextmanager
def _clock_at(moment: datetime) -> Iterator[None]:
    """Inside this block it is `moment`, or now if that is earlier. Only for a process that does nothing else, such as a
    command."""
    moment = min(moment, timezone.now())
    with patch.object(timezone, "now", lambda: moment):
        yield


def township_organisation(township: str) -> PartyOrganisation:
    return PartyOrganisation.objects.unscoped("the demonstration").get(code=f"O-{township}")


def named_points(township: str, today: date) -> list[DemonstrationPoint]:
    return list(DemonstrationPoint.objects.public().in_area(township).named(today).order_by("code")[:8])


def picture(number: int) -> File:
    """A drawn photo of a house with a flag; another colour for each number."""
    image = Image.new("RGB", (960, 640), "#dfe7ec")
    draw = ImageDraw.Draw(image)
    colour = COLOURS[number % len(COLOURS)]
    draw.rectangle((0, 470, 960, 640), fill="#b9c4a6")
    draw.polygon(((210, 250), (480, 110), (750, 250)), fill=colour)
    draw.rectangle((250, 250, 710, 500), fill="#f4efe6", outline=colour, width=8)
    draw.rectangle((430, 350, 530, 500), fill=colour)
    for left in (300, 590):
        draw.rectangle((left, 320, left + 80, 400), fill="#a9c3d6", outline=colour, width=6)
    draw.line((830, 500, 830, 160), fill="#6b6b6b", width=8)
    draw.rectangle((834, 160, 930, 220), fill="#c8102e")
    written = BytesIO()
    image.save(written, "JPEG", quality=80)
    content = written.getvalue()
    return File(f"示例照片{number + 1}.jpg", content, "photo", shown=content)
