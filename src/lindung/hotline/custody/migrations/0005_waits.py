"""Captures that wait until this machine can capture, and what did not hold a browser."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models



class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0002_marked_files'),
        ('config', '0004_letters_that_stand'),
        ('custody', '0004_seal_checks'),
    ]

    operations = [
        migrations.AddField(
            model_name='evidence',
            name='weaker',
            field=models.CharField(blank=True, db_default='', max_length=12),
        ),
        migrations.CreateModel(
            name='CaptureWait',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.SmallIntegerField(null=True)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('tries', models.SmallIntegerField(db_default=1)),
                ('again_at', models.DateTimeField()),
                ('problem', models.CharField(max_length=1000)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.case')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.item')),
                ('request', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='custody.capturerequest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'item', 'attempt', 'request'), name='custody_wait_once', nulls_distinct=False)],
            },
        ),
    ]
