"""Until now the items of the special actions were entries of three lists. The entries end, and become items."""

from datetime import date

from django.db import migrations
from pypinyin import Style, lazy_pinyin

LISTS = {
    "three_lifts_one_creation": ("三提一创", "action"),
    "one_hold_three_promotions": ("一抓三促", "practice"),
    "six_in_one_governance": ("“六位一体”社区治理体系", "system"),
}


def make_actions(apps, schema_editor):
    district = apps.get_model("registry", "District").objects.filter(voided=None).first()
    terms = apps.get_model("registry", "Term").objects.filter(voided=None, valid_to=None)
    if district is None:
        return
    for number, (term_list, (name, kind)) in enumerate(LISTS.items(), start=1):
        entries = list(terms.filter(list=term_list).order_by("position"))
        if not entries:
            continue
        action = apps.get_model("registry", "SpecialAction").objects.create(
            code=f"SA-{number:02d}", name=name, kind=kind, area_id=district.area_id, started_on=entries[0].valid_from,
        )  # fmt: skip
        items = apps.get_model("registry", "SpecialActionItem").objects
        items.bulk_create(items.model(action=action, number=at, name=term.name) for at, term in enumerate(entries, 1))
        today = date.today()
        for term in entries:
            term.valid_to = max(today, date.fromordinal(term.valid_from.toordinal() + 1))
            term.save()
        apps.get_model("registry", "SearchEntry").objects.create(
            kind="special-actions", code=action.code, name=name, names=name, area_id=district.area_id,
            pinyin="".join(lazy_pinyin(name)), initials="".join(lazy_pinyin(name, Style.FIRST_LETTER)),
        )  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0013_special_actions_elections_and_papers'),
    ]

    operations = [
        migrations.RunPython(make_actions, migrations.RunPython.noop),
    ]
