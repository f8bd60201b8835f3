from django.db import migrations, models


class Migration(migrations.Migration):
    """Entries of packed lists take as few bytes as the generation needs."""

    dependencies = [
        ('matching', '0005_packed_generations'),
    ]

    operations = [
        # Recommendations are derived: the sweep finds agencies without a generation and has them matched anew.
        migrations.RunSQL(
            sql=[
                "DELETE FROM matching_matchstate",
                "DELETE FROM matching_slotlist",
                "DELETE FROM matching_employeelist",
                "DELETE FROM matching_generation",
                "SET CONSTRAINTS ALL IMMEDIATE",
            ],
            reverse_sql=["DELETE FROM matching_matchstate", "SET CONSTRAINTS ALL IMMEDIATE"],
        ),
        migrations.RemoveField(model_name='generation', name='is_wide'),
        migrations.AddField(
            model_name='generation',
            name='entry_bytes',
            field=models.PositiveSmallIntegerField(help_text='Bytes that a slot takes on a packed list of a person.', default=4),
            preserve_default=False,
        ),
        # Lists are added in the order of the key and never get another: no page needs room for more.
        migrations.RunSQL(
            sql="ALTER INDEX matching_employeelist_pkey SET (fillfactor = 100)",
            reverse_sql="ALTER INDEX matching_employeelist_pkey RESET (fillfactor)",
        ),
    ]
