"""Who acts is what the database itself saw of a sign-in: all rules and powers once more."""

from django.db import migrations

from lindung.hotline.config.rules import run

# Only the digest of what is derived from a password is kept; nobody has to choose a new one.
PROVEN = """
UPDATE accounts_person SET password = 'pbkdf2_proven$' || split_part(password, '$', 2) || '$' ||
    split_part(password, '$', 3) || '$' ||
    encode(sha256(decode(split_part(password, '$', 4), 'base64')), 'base64')
WHERE password LIKE 'pbkdf2_sha256$%';
"""
UNUSED = """
DROP TABLE IF EXISTS axes_accessattemptexpiration, axes_accessattempt, axes_accesslog,
    axes_accessfailurelog;
DELETE FROM django_session;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_who_acts"),
        ("casework", "0003_who_decided"),
        ("config", "0004_letters_that_stand"),
        ("custody", "0005_waits"),
        ("referral", "0003_its_address"),
    ]

    operations = [
        migrations.RunSQL(PROVEN),
        migrations.RunSQL(UNUSED),
        run("custody", "log"),
        run("custody", "captures"),
        run("custody", "seals"),
        run("accounts", "people"),
        run("accounts", "doors"),
        run("casework", "rules"),
        run("casework", "danger"),
        run("referral", "outbox"),
        run("referral", "standing"),
    ]
