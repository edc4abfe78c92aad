from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='searchdoc',
            name='published',
            field=models.BigIntegerField(null=True),
        ),
    ]
