"""Each kind of job has slots of its own; captures are jobs; cases are counted as they change."""

from django.db import migrations

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0006_test_letters"),
        ("casework", "0004_found_by_index"),
        ("custody", "0005_waits"),
    ]

    operations = [
        run("intake", "receive"),
        run("custody", "captures"),
        run("casework", "rules"),
        run("config", "grants"),
        migrations.RunSQL(
            "UPDATE procrastinate_jobs SET queue_name = hotline_queue(task_name)"
            " WHERE queue_name = 'hotline'"
        ),
    ]
