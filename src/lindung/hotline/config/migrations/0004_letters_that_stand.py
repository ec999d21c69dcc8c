"""A letter leaves only while its decision stands; danger is judged by a person who looked."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0003_decided_anew"),
        ("referral", "0002_letters"),
    ]

    operations = [
        run("referral", "standing"),
        run("casework", "danger"),
    ]
