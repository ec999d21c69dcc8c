"""A test letter before an authority is reached by mail."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0004_letters_that_stand"),
        ("referral", "0003_test_letters"),
    ]

    operations = [run("referral", "tests"), run("config", "grants")]
