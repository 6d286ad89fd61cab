from django.db import migrations, models

LAST_CHARACTERS = """
INSERT INTO registry_searchpair (pair, entry_id)
SELECT substr(names, length(names), 1), id FROM registry_searchentry WHERE length(names) > 0
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0027_saved_views_of_an_account"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["at"], name="event_at"),
        ),
        migrations.RunSQL(LAST_CHARACTERS, migrations.RunSQL.noop),
    ]
