from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('translating', '0002_offered'),
    ]

    operations = [
        migrations.AddField(
            model_name='changed',
            name='taken_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='changed',
            name='taken_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=32),
        ),
    ]
