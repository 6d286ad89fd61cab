"""The database refuses to change, delete, replace or truncate events and the links of their chain."""

from django.db import migrations

SAYING = "events are only ever appended to"
TABLES = {"event": "registry_event", "event_link": "registry_eventlink"}


def _on_sqlite() -> list[str]:
    """With `recursive_triggers`, as the settings have it, `INSERT OR REPLACE` fires the trigger of DELETE. One of INSERT
    would cost every event of a load as much as the row itself."""
    made = []
    for name, table in TABLES.items():
        for act in ("update", "delete"):
            made.append(f"DROP TRIGGER IF EXISTS {name}_no_{act}")  # lost where the table was made anew, else there
            made.append(
                f"CREATE TRIGGER {name}_no_{act} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{SAYING}'); END"
            )
    return made


MADE = {
    "sqlite": _on_sqlite(),
    "postgresql": [
        "CREATE TRIGGER event_link_stays BEFORE UPDATE OR DELETE ON registry_eventlink "
        "FOR EACH ROW EXECUTE FUNCTION registry_event_stays()",
        *(
            f"CREATE TRIGGER {name}_stays_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION registry_event_stays()"
            for name, table in TABLES.items()
        ),
    ],
}
UNMADE = {
    "sqlite": [f"DROP TRIGGER event_link_no_{act}" for act in ("update", "delete")],
    "postgresql": [
        "DROP TRIGGER event_stays_whole ON registry_event",
        "DROP TRIGGER event_link_stays_whole ON registry_eventlink",
        "DROP TRIGGER event_link_stays ON registry_eventlink",
    ],
}


def make(apps, schema_editor):
    for statement in MADE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unmake(apps, schema_editor):
    for statement in UNMADE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_chain_of_events")]

    operations = [
        # Where SQLite makes one of these tables anew, as a later change of its columns does, triggers are lost.
        migrations.RunPython(make, unmake),
    ]
