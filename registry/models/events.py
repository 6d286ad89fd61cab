"""Events, their hash chain, and the search index."""

from typing import Any, Self

from django.conf import settings
from django.db import connections, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.text.spellings import normalized, spellings


class Event(models.Model):
    """A change: who, when, from which value to which, why and with which document. Append-only: the database refuses to
    change or delete one. `area` is the code of the record's area at that time; empty if it had none. `role` is the
    account's role at that time, `address` the client IP, `request_id` the id in the logs."""

    change_set = models.UUIDField(_("change set"))
    at = models.DateTimeField(_("at"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    verb = models.CharField(_("act"), max_length=24)
    kind = models.CharField(_("kind of record"), max_length=40)
    code = models.CharField(_("code"), max_length=40)
    area = models.CharField(_("area"), max_length=12, blank=True)
    changes = models.JSONField(_("from and to"), default=dict)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    role = models.CharField(_("role"), max_length=12, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["kind", "code"], name="event_of_record"),
            models.Index(fields=["change_set"], name="event_change_set"),
            models.Index(fields=["area", "at"], name="event_of_area"),
            models.Index(fields=["at"], name="event_at"),  # the newest of a whole district
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.code}"


class EventLink(models.Model):
    """A link of the hash chain over all events: it covers some events, in `ranges` [[first, last], …] of their numbers,
    by `digest`, and the link before it by `previous`; `hash` covers all of that. `through` is the highest number
    covered so far, `gaps` [[first, last, since]] are numbers below it that an open transaction may still write.
    Append-only, like events."""

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    sealed_at = models.DateTimeField(_("sealed at"))
    ranges = models.JSONField(_("events"))
    count = models.PositiveIntegerField(_("number of events"))
    digest = models.CharField(_("SHA-256 over the events"), max_length=64)
    previous = models.CharField(_("hash of the link before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)
    through = models.PositiveBigIntegerField(_("covered up to"))
    gaps = models.JSONField(_("still open"), default=list)

    class Meta:
        verbose_name = _("link of the chain of events")
        verbose_name_plural = _("chain of events")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"


MOST_WORDS = 6  # of one search
MOST_LOOKED_UP = 2_000  # entries by their pairs
LAST_CHARACTER = "\U0010ffff"  # comes after all others


class SearchQuerySet(models.QuerySet):
    def drop(self) -> None:
        """Deletes the entries with their pairs in two statements, however many they are."""
        SearchPair.objects.filter(entry__in=self.values("pk")).delete()
        self._raw_delete(self.db)

    def add_pairs(self) -> None:
        """Adds the pairs of these entries, which have none yet."""
        entries, parameters = self.order_by().values("pk", "names").query.sql_with_params()
        with connections[self.db].cursor() as cursor:
            cursor.execute(PAIRS_OF.format(entries=entries), parameters)

    def matching(self, text: str) -> Self:
        """Entries where every word of `text` is in a name, in its pinyin or at the beginning of its initials. One with
        a digit may be a part of the code; of several words, some may name the township or village."""
        text = normalized(text)
        words = text.split()[:MOST_WORDS]
        if not words:
            return self.none()
        condition = _has(text)
        if len(words) > 1:
            every, own = Q(), Q()
            for word in words:
                every &= _has(word) | _lies_in(word)
                own |= _has(word)
            condition |= every & own
        return self.filter(condition)


# SQL of its own, because the ORM knows no series of numbers; the same on both engines
PAIRS_OF = """
INSERT INTO registry_searchpair (pair, entry_id)
WITH RECURSIVE entries (id, names) AS ({entries}), places (place) AS (
    SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < (SELECT max(length(names)) FROM entries)
)
SELECT DISTINCT substr(names, place, 2), id FROM entries JOIN places ON place <= length(names)
"""


def _holds(text: str) -> Q:
    """The condition that a name holds `text`. It is looked up by its first two characters, which in a name of a place
    are the rare ones; a single one by the pairs that begin with it. What many names hold is found sooner in the names
    themselves."""
    holds = Q(names__contains=text)
    begins = Q(pair=text[:2]) if len(text) > 1 else Q(pair__gte=text, pair__lt=f"{text}{LAST_CHARACTER}")
    pairs = SearchPair.objects.filter(begins)
    is_frequent = pairs[MOST_LOOKED_UP : MOST_LOOKED_UP + 1].exists()
    return holds if is_frequent else holds & Q(pk__in=pairs.values("entry"))


def _has(text: str) -> Q:
    """The condition that an entry's own names or code hold `text`; spaces between syllables of pinyin do not count."""
    condition = Q()
    letters = text.replace(" ", "").replace("'", "").lower()
    if letters != text.lower() or not letters.isascii():  # else the pinyin holds what a name holds
        for spelling in spellings(text):
            condition |= _holds(spelling)
    if letters.isascii():
        condition |= Q(pinyin__contains=letters) | Q(initials__startswith=letters) | Q(initials__contains=f" {letters}")
        condition |= _numbered(text)
    return condition


def _numbered(text: str) -> Q:
    """The condition that a code is `text`, in capital or small letters, or holds it if it has a digit."""
    if len(text) < 2 or not any(sign.isdigit() for sign in text):
        return Q(code__in={text, text.upper(), text.lower()})
    return Q(code__contains=text) if text.upper() == text.lower() else Q(code__icontains=text)


def _lies_in(word: str) -> Q:
    """The condition that an entry lies in a village or township whose name holds `word`."""
    named = Q()
    for spelling in spellings(word):
        named |= Q(name__contains=spelling) | Q(parent__name__contains=spelling)
    areas: Any = SearchEntry._meta.get_field("area").related_model
    return Q(area__in=areas.objects.unscoped("names are public").filter(named).values("pk"))


class SearchEntry(models.Model):
    """The search entry of a public record: by name or other name, pinyin or initials (孔家庄, kongjiazhuang, kjz)."""

    kind = models.CharField(_("kind of record"), max_length=40)
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    names = models.TextField(_("all names"))
    pinyin = models.TextField(_("pinyin"))
    initials = models.CharField(_("initials"), max_length=200)
    area = models.ForeignKey("registry.Area", models.CASCADE, null=True, db_index=False, verbose_name=_("area"))

    objects = SearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="search_entry_once")]
        indexes = [
            models.Index(fields=["initials"], name="search_initials"),
            models.Index(fields=["area"], name="search_area"),
        ]

    def __str__(self) -> str:
        return self.name


class SearchPair(models.Model):
    """Two neighbouring characters in the names of an entry, and the last one alone, so that each character begins a
    pair. Names in Chinese are looked up by them; `code` and pinyin are not."""

    pair = models.CharField(_("pair of characters"), max_length=2)
    entry = models.ForeignKey(  # not checked by the database, which would take longer than writing the pairs
        SearchEntry, models.CASCADE, db_constraint=False, related_name="pairs", verbose_name=_("search entry")
    )

    class Meta:
        verbose_name = _("pair of characters")
        verbose_name_plural = _("pairs of characters")
        constraints = [models.UniqueConstraint(fields=["pair", "entry"], name="search_pair_once")]

    def __str__(self) -> str:
        return self.pair
