import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from core.tenancy import EnforceTenancy

# Sessions know their people and their state; what was written becomes a note of whoever entered the session, read by
# those who could read it before.
DATA = """
UPDATE placements_mentoringsession s
   SET employee_id = p.employee_id, mentor_id = p.mentor_id,
       status = CASE WHEN s.participant_confirmed_at IS NOT NULL AND s.mentor_confirmed_at IS NOT NULL
                     THEN 'held' ELSE 'reported' END
  FROM placements_placement p WHERE p.id = s.placement_id;
INSERT INTO placements_sessionnote (id, created_at, updated_at, visibility, text, agency_id, session_id, author_id)
SELECT gen_random_uuid(), created_at, now(), 'office', notes, agency_id, id, author FROM (
    SELECT s.*, CASE WHEN s.mentor_confirmed_at IS NULL OR s.participant_confirmed_at <= s.mentor_confirmed_at
                     THEN e.user_id ELSE s.mentor_confirmed_by_id END AS author
      FROM placements_mentoringsession s
      JOIN placements_placement p ON p.id = s.placement_id
      JOIN asn_employee e ON e.id = p.employee_id) entered
 WHERE notes <> '' AND author IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('asn', '0001_initial'),
        ('mentors', '0002_availability'),
        ('placements', '0004_meetings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SessionNote',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('visibility', models.CharField(choices=[('author', 'Only me'), ('pair', 'Participant and mentor'), ('office', 'Also HR and the supervisor')], max_length=20)),
                ('text', models.TextField(max_length=3000)),
            ],
            options={
                'ordering': ('created_at',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='session_note_not_empty'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='mentoringsession',
            name='session_once_a_day',
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='booked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='booked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='cancel_note',
            field=models.CharField(blank=True, max_length=600),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='cancel_reason',
            field=models.CharField(blank=True, choices=[('duty_call', 'Called to duty'), ('health', 'Health'), ('mentor_away', 'The mentor cannot come'), ('not_needed', 'It is no longer needed'), ('other', 'Another reason (see note)'), ('mentor_changed', 'Another mentor was named'), ('placement_over', 'The placement is over')], max_length=30),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='cancelled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='cancelled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='employee',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='asn.employee'),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='link',
            field=models.CharField(blank=True, help_text='https only; shown, never fetched.', max_length=300),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='mentor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='mentors.mentor'),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='mentor_denied_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='mentor_denied_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='moves',
            field=models.PositiveSmallIntegerField(default=0, help_text='How often it was moved: calendars want to know.'),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='participant_denied_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='place',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='starts_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='mentoringsession',
            name='status',
            field=models.CharField(choices=[('booked', 'Booked'), ('reported', 'Waiting for the other side'), ('held', 'Confirmed by both sides'), ('not_held', 'Was not held'), ('disputed', 'The two sides disagree'), ('cancelled', 'Cancelled')], default='reported', max_length=20),
        ),
        migrations.AlterField(
            model_name='mentoringsession',
            name='held_on',
            field=models.DateField(help_text="The day in the agency's zone."),
        ),
        migrations.AddField(
            model_name='sessionnote',
            name='agency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='asn.agency'),
        ),
        migrations.AddField(
            model_name='sessionnote',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sessionnote',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='placements.mentoringsession'),
        ),
        migrations.RunSQL(DATA, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='mentoringsession',
            name='notes',
        ),
        migrations.AddIndex(
            model_name='mentoringsession',
            index=models.Index(condition=models.Q(('status', 'booked')), fields=['starts_at'], name='session_booked_idx'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('booked', 'reported', 'held', 'disputed'))), fields=('placement', 'held_on'), name='session_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('booked_at__isnull', True), ('ends_at__isnull', True), ('starts_at__isnull', True), models.Q(('status__in', ('booked', 'cancelled')), _negated=True)), models.Q(('booked_at__isnull', False), ('employee__isnull', False), ('ends_at__gte', django.db.models.expressions.CombinedExpression(models.F('starts_at'), '+', models.Value(datetime.timedelta(seconds=1800)))), ('ends_at__isnull', False), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('starts_at'), '+', models.Value(datetime.timedelta(seconds=7200)))), ('mentor__isnull', False), ('starts_at__isnull', False)), _connector='OR'), name='session_booked_whole'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(('link', ''), ('link__startswith', 'https://'), _connector='OR'), name='session_link_https'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('booked_by__isnull', True), ('booked_at__isnull', True)), models.Q(('booked_by__isnull', False), ('booked_at__isnull', False)), _connector='OR'), name='session_booked_paired'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mentor_denied_by__isnull', True), ('mentor_denied_at__isnull', True)), models.Q(('mentor_denied_by__isnull', False), ('mentor_denied_at__isnull', False)), _connector='OR'), name='session_denied_paired'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_by__isnull', True), ('cancelled_at__isnull', True)), models.Q(('cancelled_by__isnull', False), ('cancelled_at__isnull', False)), _connector='OR'), name='session_cancelled_paired'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('participant_confirmed_at__isnull', True), ('participant_denied_at__isnull', True), _connector='OR'), models.Q(('mentor_confirmed_at__isnull', True), ('mentor_denied_at__isnull', True), _connector='OR')), name='session_one_answer_a_side'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mentor_confirmed_at__isnull', False), ('participant_confirmed_at__isnull', False), ('status', 'held')), models.Q(models.Q(('status', 'held'), _negated=True), models.Q(('participant_confirmed_at__isnull', True), ('mentor_confirmed_at__isnull', True), _connector='OR')), _connector='OR'), name='session_held_by_both'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('status', 'cancelled'), models.Q(('cancel_reason', ''), _negated=True)), models.Q(models.Q(('status', 'cancelled'), _negated=True), ('cancel_reason', ''), ('cancelled_at__isnull', True)), _connector='OR'), name='session_cancelled_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('starts_at__isnull', False), ('status__in', ('booked', 'reported', 'held', 'disputed'))), expressions=((models.F('mentor'), '='), (models.Func(models.F('starts_at'), models.F('ends_at'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')), name='session_mentor_free'),
        ),
        migrations.AddConstraint(
            model_name='mentoringsession',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('starts_at__isnull', False), ('status__in', ('booked', 'reported', 'held', 'disputed'))), expressions=((models.F('employee'), '='), (models.Func(models.F('starts_at'), models.F('ends_at'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')), name='session_employee_free'),
        ),
        migrations.AddConstraint(
            model_name='sessionnote',
            constraint=models.UniqueConstraint(fields=('session', 'author', 'visibility'), name='session_note_once'),
        ),
        EnforceTenancy("placements"),
        migrations.RunSQL(
            # The participant of a session is the person of its placement.
            "ALTER TABLE placements_placement ADD CONSTRAINT placement_person_key UNIQUE (id, employee_id);"
            "ALTER TABLE placements_mentoringsession ADD CONSTRAINT session_follows_placement"
            " FOREIGN KEY (placement_id, employee_id)"
            " REFERENCES placements_placement (id, employee_id) DEFERRABLE INITIALLY DEFERRED",
            migrations.RunSQL.noop,
        ),
    ]
