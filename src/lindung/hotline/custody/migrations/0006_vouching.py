"""What outsiders have said of a bundle: time stamps, and witnesses of the log."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):

    dependencies = [
        ('config', '0007_lanes'),
        ('custody', '0005_waits'),
    ]

    operations = [
        migrations.CreateModel(
            name='Vouching',
            fields=[
                ('evidence', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='custody.evidence')),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('stamps', models.SmallIntegerField(db_default=0)),
                ('cosignatures', models.SmallIntegerField(db_default=0)),
                ('pending', models.JSONField(default=list)),
                ('tries', models.SmallIntegerField(db_default=0)),
                ('next_at', models.DateTimeField(null=True)),
            ],
        ),
        run("config", "grants"),
    ]
