"""Loads whose job failed were left as being worked at: they get the state and the sentence that such loads have now. The
cursor of a load's job has room for more sheets: those of jobs that are under way are counted anew."""

from django.db import migrations

CODES = {"reading": "read_failed", "applying": "apply_failed", "undoing": "undo_failed"}
SHEETS_BEFORE, SHEETS = 64, 1 << 20
BY_SHEETS = ("load-read", "load-apply", "load-at-once")


def mark(apps, schema_editor):
    Load, Job = apps.get_model("registry", "Load"), apps.get_model("registry", "Job")
    for load in Load.objects.filter(state__in=CODES, job__state="failed").select_related("job"):
        job = load.job
        load.refusal = {"code": CODES[load.state], "details": {"job": job.pk, "done": job.done, "total": job.total}}
        load.state = "failed"
        load.save(update_fields=["state", "refusal"])
    for job in Job.objects.filter(kind__in=BY_SHEETS, state__in=("queued", "running", "failed"), cursor__gt=0):
        place, sheet = divmod(job.cursor, SHEETS_BEFORE)
        job.cursor = place * SHEETS + sheet
        job.save(update_fields=["cursor"])


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_load_failed_and_confirmed")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
