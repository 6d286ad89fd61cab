from django.db import migrations, models


class Migration(migrations.Migration):
    """Areas are changed at the desk and by programs: who changes one says which version was opened."""

    dependencies = [("registry", "0015_load_edits")]

    operations = [
        migrations.AddField("area", "version", models.PositiveIntegerField("version", default=1, editable=False)),
    ]
