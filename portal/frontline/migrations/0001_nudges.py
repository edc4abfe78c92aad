import django.db.models.deletion
from django.db import migrations, models

from portal.kit.new_tables import NewTables


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0008_staff_answers_and_merges'),
    ]

    operations = [
        NewTables([
            migrations.CreateModel(
                name='UsedDraft',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('mark', models.CharField(max_length=64, unique=True)),
                    ('at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='Nudge',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('provider', 'association or provider'), ('place', 'place'), ('activity', 'activity'), ('support', 'support scheme')], max_length=10)),
                    ('listing_id', models.PositiveBigIntegerField()),
                    ('email', models.EmailField(max_length=254)),
                    ('lang', models.CharField(max_length=5)),
                    ('first_on', models.DateField()),
                    ('second_on', models.DateField(db_index=True)),
                    ('erase_on', models.DateField(db_index=True)),
                    ('first_sent_at', models.DateTimeField(blank=True, null=True)),
                    ('second_sent_at', models.DateTimeField(blank=True, null=True)),
                    ('first_answered_at', models.DateTimeField(blank=True, null=True)),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.municipality')),
                ],
                options={
                    'verbose_name': 'reminder to a family',
                    'verbose_name_plural': 'reminders to families',
                    'constraints': [models.CheckConstraint(condition=models.Q(('first_on__lt', models.F('second_on')), ('second_on__lt', models.F('erase_on'))), name='nudge_days_in_order')],
                },
            ),
            migrations.CreateModel(
                name='OutcomeSum',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('month', models.DateField(verbose_name='month')),
                    ('provider_kind', models.CharField(blank=True, choices=[('association', 'association'), ('informal', 'informal group'), ('host', 'meeting place host'), ('committee', 'neighbourhood committee'), ('volunteer-centre', 'volunteer centre'), ('municipal', 'municipal service'), ('commercial', 'commercial'), ('faith', 'faith community')], max_length=20, verbose_name='kind of provider')),
                    ('district', models.CharField(blank=True, max_length=80, verbose_name='part of town')),
                    ('outcome', models.CharField(choices=[('handed-over', 'said that they are coming'), ('started', 'got started'), ('not-yet', 'has not started yet, but will'), ('not-price', 'did not start: it costs too much'), ('not-full', 'did not start: there was no room'), ('not-time', 'did not start: the time does not suit'), ('not-far', 'did not start: it is hard to get there'), ('not-answer', 'did not start: nobody answered'), ('not-other', 'did not start: something else'), ('still', 'still going after eight weeks'), ('stopped-price', 'stopped: it costs too much'), ('stopped-time', 'stopped: the time does not suit'), ('stopped-far', 'stopped: it is hard to get there'), ('stopped-welcome', 'stopped: did not feel welcome'), ('stopped-like', 'stopped: did not like it'), ('stopped-other', 'stopped: something else')], max_length=20, verbose_name='answer')),
                    ('count', models.PositiveIntegerField(default=0, verbose_name='how many')),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.municipality')),
                ],
                options={
                    'verbose_name': 'sum of answers',
                    'verbose_name_plural': 'sums of answers',
                    'constraints': [models.UniqueConstraint(fields=('municipality', 'month', 'provider_kind', 'district', 'outcome'), name='outcome_sum_once')],
                },
            ),
        ]),
    ]
