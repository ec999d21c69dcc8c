"""Items are found by a digest, cases and searches by indexes, queues by their counts."""

import lindung.hotline.casework.models
from django.db import migrations, models

from lindung.hotline.config.rules import run


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0003_who_decided'),
        ('intake', '0001_initial'),
    ]

    operations = [
        run("casework", "items"),
        migrations.CreateModel(
            name='CaseCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=12)),
                ('danger', models.BooleanField()),
                ('known', models.BooleanField()),
                ('cases', models.IntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='item',
            name='casework_item_once',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='casework_ca_status_e9de28_idx',
        ),
        migrations.AddField(
            model_name='item',
            name='digest',
            field=models.GeneratedField(db_persist=True, expression=lindung.hotline.casework.models.ValueDigest('value'), output_field=models.BinaryField()),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.F('status'), models.OrderBy(models.F('danger'), descending=True), models.OrderBy(models.F('score'), descending=True, nulls_last=True), models.OrderBy(models.F('opened_at')), models.OrderBy(models.F('number')), name='casework_case_queue'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.OrderBy(models.F('danger'), descending=True), models.OrderBy(models.F('score'), descending=True, nulls_last=True), models.OrderBy(models.F('opened_at')), models.OrderBy(models.F('number')), condition=models.Q(('status__in', ['referred', 'closed']), _negated=True), name='casework_case_waiting'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.OrderBy(models.F('danger'), descending=True), models.OrderBy(models.F('score'), descending=True, nulls_last=True), models.OrderBy(models.F('opened_at')), models.OrderBy(models.F('number')), condition=models.Q(('status__in', ['referred', 'closed'])), name='casework_case_done'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.OrderBy(models.F('danger'), descending=True), models.OrderBy(models.F('score'), descending=True, nulls_last=True), models.OrderBy(models.F('opened_at')), models.OrderBy(models.F('number')), name='casework_case_all'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(models.OrderBy(models.F('danger'), descending=True), models.OrderBy(models.F('score'), descending=True, nulls_last=True), models.OrderBy(models.F('opened_at')), models.OrderBy(models.F('number')), condition=models.Q(('media_known', models.F('media_total')), ('media_total__gt', 0), ('media_whole', True)), name='casework_case_known'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('kind', 'digest'), name='casework_item_named_once'),
        ),
        migrations.AddConstraint(
            model_name='casecount',
            constraint=models.UniqueConstraint(fields=('status', 'danger', 'known'), name='casework_casecount_once'),
        ),
        migrations.RunSQL(
            "CREATE INDEX casework_item_grams ON casework_item"
            " USING gin (casework_grams(display || chr(10) || value));"
            "CREATE INDEX casework_case_grams ON casework_case USING gin (casework_grams(number));"
            "CREATE INDEX casework_case_last ON casework_case"
            " (split_part(number, '-', 1), length(number), number);"
            "CREATE INDEX casework_sighting_of_case ON casework_sighting (case_id, at, id);"
            "INSERT INTO casework_casecount (status, danger, known, cases)"
            " SELECT status, danger,"
            "  media_whole AND media_total > 0 AND media_known = media_total, count(*)"
            " FROM casework_case GROUP BY 1, 2, 3"
        ),
    ]
