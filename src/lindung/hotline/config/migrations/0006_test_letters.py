"""A test letter before an authority is reached by mail."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0005_who_acts"),
        ("referral", "0004_test_letters"),
    ]

    operations = [run("referral", "outbox"), run("referral", "tests")]
