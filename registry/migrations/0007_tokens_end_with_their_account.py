"""A token ends with a new password, with all sessions of its account, and with a change of role."""

from django.db import migrations, models
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.utils import timezone


def remember_the_account(apps, schema_editor):
    """Tokens hold on to the account as it is today. One that was made before the present password has ended."""
    token, user = apps.get_model("registry", "ApiToken"), apps.get_model("registry", "User")
    owners = user.objects.filter(pk=OuterRef("owner"))
    rank = Case(When(is_superuser=True, then=Value("superuser")), default=F("role"))
    token.objects.update(
        sessions_ended=Subquery(owners.values("sessions_ended")), owner_rank=Subquery(owners.values(rank=rank)[:1])
    )
    older = token.objects.filter(revoked_at=None, made_at__lt=F("owner__password_changed_at"))
    token.objects.filter(pk__in=list(older.values_list("pk", flat=True))).update(revoked_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_scheduled_runs")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="owner_rank",
            field=models.CharField(
                default="", editable=False, max_length=12, verbose_name="role of the account when it was made"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apitoken",
            name="sessions_ended",
            field=models.PositiveIntegerField(
                default=0, editable=False, verbose_name="times all sessions had been ended"
            ),
            preserve_default=False,
        ),
        migrations.RunPython(remember_the_account, migrations.RunPython.noop),
    ]
