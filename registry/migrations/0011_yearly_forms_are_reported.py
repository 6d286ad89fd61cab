"""Incomes say when they were reported, and years of yearly forms are declared complete. Of the incomes that are there the
day is not known: they count from the last day of their year."""

from datetime import date

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def report_at_the_end_of_the_year(apps, schema_editor):
    incomes = apps.get_model("registry", "CollectiveIncome").objects
    for year in incomes.filter(year__lt=date.today().year).order_by().values_list("year", flat=True).distinct():
        incomes.filter(year=year).update(reported_on=date(year, 12, 31))


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0010_terms_for_old_ledgers'),
    ]

    operations = [
        migrations.AddField(
            model_name='collectiveincome',
            name='reported_on',
            field=models.DateField(default=django.utils.timezone.localdate, verbose_name='reported on'),
        ),
        migrations.RunPython(report_at_the_end_of_the_year, migrations.RunPython.noop),
        migrations.CreateModel(
            name='YearDeclaration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('voided', models.UUIDField(blank=True, editable=False, null=True, verbose_name='entered in error')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('illustrative', models.BooleanField(default=False, help_text='Made up for demonstration: not a fact of the district.', verbose_name='illustrative')),
                ('remark', models.CharField(blank=True, max_length=500, verbose_name='remark')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('form', models.CharField(choices=[('incomes', 'Collective incomes'), ('communities', 'Verdicts on communities'), ('district-budget', 'District budget'), ('creation-funds', 'Creation funds'), ('city-rank', 'Rank in the city'), ('projects', 'Secretary projects'), ('accountability', 'Talks and replacements')], max_length=40, verbose_name='yearly form')),
                ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                ('declared_on', models.DateField(verbose_name='declared on')),
                ('declared_by', models.CharField(max_length=80, verbose_name='declared by')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='registry.area', verbose_name='area')),
            ],
            options={
                'verbose_name': 'declaration of a complete year',
                'verbose_name_plural': 'declarations of complete years',
                'ordering': ['-year', 'form'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('code',), name='yeardeclaration_code_once', violation_error_message='This code is already in use.'), models.UniqueConstraint(condition=models.Q(('voided__isnull', True)), fields=('form', 'year'), name='year_declared_once', violation_error_message='This year is declared complete already.')],
            },
        ),
    ]
