"""A return keeps the whole opinion, the next submission settles it, and the first opening of a submission is noted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def settle_answered(apps, schema_editor):
    """The remarks made before the last submission of a draft were answered by it."""
    Draft, FieldRemark = apps.get_model("registry", "Draft"), apps.get_model("registry", "FieldRemark")
    submitted = Draft.objects.filter(pk=models.OuterRef("draft")).values("submitted_at")
    FieldRemark.objects.filter(at__lt=models.F("draft__submitted_at")).update(settled_at=models.Subquery(submitted))


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0017_calendar_days_are_records'),
    ]

    operations = [
        migrations.AddField(
            model_name='draft',
            name='opened_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='first opened by a checker at'),
        ),
        migrations.AddField(
            model_name='draft',
            name='opened_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='first opened by'),
        ),
        migrations.AddField(
            model_name='fieldremark',
            name='settled_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='settled by the submission at'),
        ),
        migrations.AlterField(
            model_name='fieldremark',
            name='field',
            field=models.CharField(blank=True, max_length=40, verbose_name='field'),
        ),
        migrations.AlterField(
            model_name='fieldremark',
            name='text',
            field=models.CharField(max_length=500, verbose_name='what to put right'),
        ),
        migrations.RunPython(settle_answered, migrations.RunPython.noop),
    ]
