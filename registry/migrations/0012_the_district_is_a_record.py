"""The names of the district are data. A registry that is there gets those it had."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


SOURCES = "总量数据来源：人民网-河北频道报道《唐山丰南：“四个维度”抓紧抓实基层党建示范创建工作》；区划代码来源：国家统计局。"


def name_the_district(apps, schema_editor):
    """Until now every registry was Fengnan's, or that of `DISTRICT_AREA`."""
    area = apps.get_model("registry", "Area").objects.filter(code=settings.DISTRICT_AREA or "130207").first()
    if area is None:
        return
    is_fengnan = area.code == "130207"
    apps.get_model("registry", "District").objects.create(
        code="DISTRICT", area=area, name=area.name, title=f"{area.name}党建示范创建台账",
        plate_title=f"{area.name}党建示范点", code_prefix="FN", sources=SOURCES if is_fengnan else "",
        title_en="Fengnan Showcase Registry" if is_fengnan else "",
    )  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0011_yearly_forms_are_reported'),
    ]

    operations = [
        migrations.CreateModel(
            name='District',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('voided', models.UUIDField(blank=True, editable=False, null=True, verbose_name='entered in error')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('illustrative', models.BooleanField(default=False, help_text='Made up for demonstration: not a fact of the district.', verbose_name='illustrative')),
                ('remark', models.CharField(blank=True, max_length=500, verbose_name='remark')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=60, verbose_name='English name')),
                ('title', models.CharField(max_length=60, verbose_name='title of the registry')),
                ('title_en', models.CharField(blank=True, max_length=80, verbose_name='English title of the registry')),
                ('plate_title', models.CharField(max_length=40, verbose_name='words on a plate')),
                ('plate_title_en', models.CharField(blank=True, max_length=80, verbose_name='English words on a plate')),
                ('code_prefix', models.CharField(max_length=6, validators=[django.core.validators.RegexValidator('^[A-Z]{1,6}$', 'A prefix has one to six capital letters, such as FN.')], verbose_name='prefix of the codes of points')),
                ('sources', models.CharField(blank=True, max_length=300, verbose_name='sources of the data')),
                ('sources_en', models.CharField(blank=True, max_length=400, verbose_name='sources of the data in English')),
                ('contact', models.CharField(blank=True, max_length=120, verbose_name='contact')),
                ('area', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='registry.area', verbose_name='area')),
            ],
            options={
                'verbose_name': 'district of the registry',
                'verbose_name_plural': 'districts of the registry',
                'ordering': ['code'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('code',), name='district_code_once', violation_error_message='This code is already in use.')],
            },
        ),
        migrations.RunPython(name_the_district, migrations.RunPython.noop),
    ]
