"""When each bundle was last read whole, and what came out."""

import django.db.models.deletion
from django.db import migrations, models

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0003_more_captures'),
    ]

    operations = [
        migrations.CreateModel(
            name='SealCheck',
            fields=[
                ('evidence', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='custody.evidence')),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=150)),
                ('status', models.SmallIntegerField()),
                ('words', models.CharField(blank=True, max_length=500)),
                ('file', models.CharField(blank=True, max_length=120)),
            ],
        ),
        run("config", "grants"),
    ]
