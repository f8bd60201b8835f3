from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What finding people by name needs; both extensions are trusted, so no superuser is."""

    dependencies = [("core", "0002_kept_answer")]

    operations = [TrigramExtension(), UnaccentExtension()]
