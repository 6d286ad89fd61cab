"""The database refuses to change or delete an event."""

from django.db import migrations

SAYING = "events are only ever appended to"
MADE = {
    "sqlite": [
        f"CREATE TRIGGER event_no_{act} BEFORE {act} ON registry_event BEGIN SELECT RAISE(ABORT, '{SAYING}'); END"
        for act in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION registry_event_stays() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAYING}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON registry_event "
        "FOR EACH ROW EXECUTE FUNCTION registry_event_stays()",
    ],
}
UNMADE = {
    "sqlite": ["DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete"],
    "postgresql": ["DROP TRIGGER event_stays ON registry_event", "DROP FUNCTION registry_event_stays()"],
}


def make(apps, schema_editor):
    for statement in MADE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unmake(apps, schema_editor):
    for statement in UNMADE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        # Where SQLite makes the table of events anew, as a later change of its columns does, triggers are lost.
        migrations.RunPython(make, unmake),
    ]
