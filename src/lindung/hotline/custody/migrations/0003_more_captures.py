"""More than one capture of an item: the hotline's further tries, and what people ask for."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0002_marked_files'),
        ('config', '0002_marked_files'),
        ('custody', '0002_examined'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CaptureRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='evidence',
            name='custody_evidence_once',
        ),
        migrations.AddField(
            model_name='evidence',
            name='at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name='evidence',
            name='attempt',
            field=models.SmallIntegerField(db_default=1, null=True),
        ),
        migrations.AddField(
            model_name='evidence',
            name='next_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='capturerequest',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.case'),
        ),
        migrations.AddField(
            model_name='capturerequest',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.item'),
        ),
        migrations.AddField(
            model_name='capturerequest',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='evidence',
            name='request',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='custody.capturerequest'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('case', 'item', 'attempt'), name='custody_evidence_once'),
        ),
        migrations.RunSQL("UPDATE custody_evidence SET at = captured_at"),
        run("custody", "captures"),
        run("config", "grants"),
    ]
