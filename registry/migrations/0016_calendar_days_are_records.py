from django.db import migrations, models


def give_codes(apps, schema_editor):
    """The days of a calendar get codes, as records have them."""
    days = apps.get_model("registry", "CalendarDay")
    for row in days.objects.all():
        row.code = f"CD-{row.day.isoformat()}"
        row.save()


class Migration(migrations.Migration):

    dependencies = [
        ("registry", "0015_load_edits"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="calendarday", name="calendar_day_once"),
        migrations.AddField(
            model_name="calendarday",
            name="voided",
            field=models.UUIDField(blank=True, editable=False, null=True, verbose_name="entered in error"),
        ),
        migrations.AddField(
            model_name="calendarday",
            name="code",
            field=models.CharField(default="", max_length=40, verbose_name="code"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="calendarday",
            name="illustrative",
            field=models.BooleanField(
                default=False,
                help_text="Made up for demonstration: not a fact of the district.",
                verbose_name="illustrative",
            ),
        ),
        migrations.AddField(
            model_name="calendarday",
            name="remark",
            field=models.CharField(blank=True, max_length=500, verbose_name="remark"),
        ),
        migrations.AddField(
            model_name="calendarday",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="calendarday",
            constraint=models.UniqueConstraint(
                fields=("code",),
                name="calendarday_code_once",
                violation_error_message="This code is already in use.",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarday",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided__isnull", True)),
                fields=("day",),
                name="calendar_day_once",
                violation_error_message="The calendar has this day already.",
            ),
        ),
    ]
