"""The decision is about marked files: the rules of casework and the powers once more."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0002_marked_files"),
        ("config", "0001_rules_and_powers"),
        ("triage", "0002_files"),
    ]

    operations = [run("casework", "rules"), run("config", "grants")]
