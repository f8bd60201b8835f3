import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

# Where the partner's city is one of the agencies', its clock; else that of the agency that knows the partner longest.
ZONES = """
UPDATE mentors_mentor m SET time_zone = coalesce(
    (SELECT a.time_zone FROM asn_agency a JOIN partners_partner p ON lower(a.city) = lower(p.city)
      WHERE p.id = m.partner_id LIMIT 1),
    (SELECT a.time_zone FROM partners_partnerverification v JOIN asn_agency a ON a.id = v.agency_id
      WHERE v.partner_id = m.partner_id ORDER BY v.created_at LIMIT 1),
    time_zone)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('mentors', '0001_initial'),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='MentorDaysOff',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
            ],
            options={
                'ordering': ('starts_on',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='days_off_ordered'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='mentoravailability',
            name='availability_once',
        ),
        migrations.AddField(
            model_name='mentor',
            name='time_zone',
            field=models.CharField(choices=[('Asia/Jakarta', 'WIB'), ('Asia/Pontianak', 'WIB (Pontianak)'), ('Asia/Makassar', 'WITA'), ('Asia/Jayapura', 'WIT')], default='Asia/Jakarta', help_text='Where the weekly windows are read.', max_length=40),
        ),
        migrations.AddConstraint(
            model_name='mentoravailability',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=((models.F('mentor'), '='), (models.F('weekday'), '='), (models.Func(models.F('starts_at'), models.F('ends_at'), arg_joiner=", DATE '2000-01-03' + ", output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(), template="tsrange(DATE '2000-01-03' + %(expressions)s)"), '&&')), name='availability_no_overlap'),
        ),
        migrations.AddField(
            model_name='mentordaysoff',
            name='mentor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days_off', to='mentors.mentor'),
        ),
        migrations.AddConstraint(
            model_name='mentordaysoff',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=((models.F('mentor'), '='), (models.Func(models.F('starts_on'), models.F('ends_on'), django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')), name='days_off_no_overlap'),
        ),
        migrations.RunSQL(ZONES, migrations.RunSQL.noop),
    ]
