from django.db import migrations


class Migration(migrations.Migration):
    """Changes no table: any migration makes the triggers of the counts of points anew."""

    dependencies = [
        ('registry', '0028_newest_events_and_last_characters'),
    ]

    operations = []
