from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(f"CREATE ROLE lindung_{role} NOLOGIN")
        for role in ("public", "console", "worker")
    ]
