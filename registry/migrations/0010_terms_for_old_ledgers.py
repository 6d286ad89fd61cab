"""Titles of old ledgers are entered in terms that an administrator opens."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0009_broken_loads_have_failed'),
    ]

    operations = [
        migrations.CreateModel(
            name='TakeOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_on', models.DateField(verbose_name='opened on')),
                ('ends_on', models.DateField(verbose_name='last day')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('document_no', models.CharField(blank=True, max_length=60, verbose_name='paper number')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.area', verbose_name='area')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='closed by')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='opened by')),
            ],
            options={
                'verbose_name': 'term for old ledgers',
                'verbose_name_plural': 'terms for old ledgers',
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('opened_on'))), name='take_over_ends_after_start', violation_error_message='The end must be later than the start.')],
            },
        ),
    ]
