"""A signal belongs to the capture in whose text it was found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0002_marked_files'),
        ('custody', '0003_more_captures'),
        ('intake', '0001_initial'),
        ('triage', '0002_files'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='signal',
            name='triage_signal_once',
        ),
        migrations.AddField(
            model_name='signal',
            name='evidence',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='custody.evidence'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.UniqueConstraint(fields=('case', 'item', 'report', 'evidence', 'rule'), name='triage_signal_once', nulls_distinct=False),
        ),
        migrations.RunSQL(
            "UPDATE triage_signal s SET evidence_id = e.id FROM custody_evidence e"
            " WHERE e.case_id = s.case_id AND e.item_id = s.item_id"
        ),
    ]
