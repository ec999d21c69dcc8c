"""A decision is corrected by a new one: the rules of casework and the powers once more."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [("config", "0002_marked_files")]

    operations = [run("casework", "rules"), run("config", "grants")]
