"""What the database itself enforces, and what each process may do."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("casework", "0001_initial"),
        ("custody", "0001_initial"),
        ("intake", "0001_initial"),
        ("referral", "0001_initial"),
        ("triage", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("procrastinate", "0041_post_retry_failed_job"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        run("custody", "log"),
        run("intake", "receive"),
        run("casework", "rules"),
        run("referral", "outbox"),
        run("config", "public_status"),
        run("config", "grants"),
    ]
