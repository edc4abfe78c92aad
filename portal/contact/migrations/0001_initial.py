import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from portal.kit.new_tables import NewTables


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0008_staff_answers_and_merges'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        NewTables([
            migrations.CreateModel(
                name='Enquiry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('channel', models.CharField(choices=[('listing', 'question from a page'), ('handover', 'somebody new who would like to begin'), ('provider', 'message from another association'), ('notice', 'answer on the notice board')], default='listing', max_length=10, verbose_name='way')),
                    ('kind', models.CharField(blank=True, choices=[('provider', 'association or provider'), ('place', 'place'), ('activity', 'activity'), ('support', 'support scheme')], max_length=10, verbose_name='kind')),
                    ('listing_id', models.PositiveBigIntegerField(blank=True, null=True)),
                    ('listing_name', models.CharField(blank=True, max_length=160, verbose_name='about')),
                    ('text', models.TextField(blank=True, max_length=2000, verbose_name='what was asked')),
                    ('name', models.CharField(blank=True, max_length=80, verbose_name='name')),
                    ('answer_by', models.CharField(choices=[('mail', 'By mail'), ('phone', 'By telephone')], default='mail', max_length=6, verbose_name='how to answer')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='mail address')),
                    ('phone', models.CharField(blank=True, max_length=20, verbose_name='telephone')),
                    ('lang', models.CharField(blank=True, max_length=8, verbose_name='language')),
                    ('state', models.CharField(choices=[('open', 'passed on'), ('held', 'held back for a look'), ('thrown', 'thrown away')], default='open', max_length=8, verbose_name='state')),
                    ('suspicions', models.JSONField(blank=True, default=list, verbose_name='why it was held back')),
                    ('digest', models.CharField(blank=True, db_index=True, max_length=40)),
                    ('created_at', models.DateTimeField(db_index=True, verbose_name='received')),
                    ('relayed_at', models.DateTimeField(blank=True, null=True, verbose_name='passed on')),
                    ('failed_at', models.DateTimeField(blank=True, null=True, verbose_name='could not be delivered')),
                    ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='looked at')),
                    ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='staff were told')),
                    ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='erased')),
                ],
                options={
                    'verbose_name': 'enquiry held back',
                    'verbose_name_plural': 'enquiries held back',
                    'ordering': ['-created_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('looking', 'We are looking for'), ('offering', 'We offer'), ('lending', 'To lend and borrow'), ('premises', 'Rooms and places'), ('volunteers', 'Volunteers wanted')], max_length=12, verbose_name='kind')),
                    ('title', models.CharField(max_length=100, verbose_name='heading')),
                    ('text', models.TextField(max_length=2000, verbose_name='text')),
                    ('lang', models.CharField(max_length=8, verbose_name='language')),
                    ('until', models.DateField(verbose_name='hangs until')),
                    ('created_at', models.DateTimeField(verbose_name='put up')),
                    ('changed_at', models.DateTimeField(verbose_name='changed')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='taken down by its author')),
                    ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='taken down by staff')),
                    ('removed_reason', models.CharField(blank=True, max_length=400, verbose_name='reason')),
                ],
                options={
                    'verbose_name': 'notice',
                    'verbose_name_plural': 'notice board',
                    'ordering': ['-created_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='NoticeReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text', models.CharField(max_length=400, verbose_name='what is wrong')),
                    ('created_at', models.DateTimeField(verbose_name='received')),
                ],
                options={
                    'verbose_name': 'report of a notice',
                    'verbose_name_plural': 'reports of notices',
                    'ordering': ['-created_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='SharedList',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('category', models.SlugField(blank=True, max_length=80, verbose_name='category')),
                    ('words', models.CharField(blank=True, db_default='', default='', max_length=100, verbose_name='words looked for')),
                    ('whom_for', models.CharField(max_length=120, verbose_name='for whom')),
                    ('created_at', models.DateTimeField(verbose_name='made')),
                    ('expires_at', models.DateTimeField(verbose_name='ends')),
                    ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='taken back')),
                ],
                options={
                    'verbose_name': 'link to the list of contacts',
                    'verbose_name_plural': 'links to the list of contacts',
                    'ordering': ['-created_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='Wish',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text', models.CharField(blank=True, max_length=200, verbose_name='in their own words')),
                    ('lang', models.CharField(max_length=8, verbose_name='language')),
                    ('age_band', models.CharField(blank=True, choices=[('6-9', '6–9'), ('10-12', '10–12'), ('13-15', '13–15'), ('16-19', '16–19'), ('20-25', '20–25'), ('', 'I do not want to say')], max_length=6, verbose_name='age')),
                    ('day', models.DateField(db_index=True, verbose_name='day')),
                    ('words', models.CharField(choices=[('none', 'no words'), ('waiting', 'not looked at'), ('shown', 'shown to everybody'), ('hidden', 'not shown')], default='none', max_length=8, verbose_name='words')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ],
                options={
                    'verbose_name': 'words of a wish',
                    'verbose_name_plural': 'words of wishes',
                    'ordering': ['-day', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='ContactConsent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('given_at', models.DateTimeField(verbose_name='said yes')),
                    ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='took it back')),
                    ('given_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'consent to the list of contacts',
                    'verbose_name_plural': 'consents to the list of contacts',
                },
            ),
            migrations.AddField(
                model_name='contactconsent',
                name='provider',
                field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='contact_consent', to='directory.provider'),
            ),
            migrations.AddField(
                model_name='enquiry',
                name='from_provider',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.provider'),
            ),
            migrations.AddField(
                model_name='enquiry',
                name='from_user',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='enquiry',
                name='municipality',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enquiries', to='directory.municipality'),
            ),
            migrations.AddField(
                model_name='enquiry',
                name='provider',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='enquiries', to='directory.provider', verbose_name='to'),
            ),
            migrations.AddField(
                model_name='enquiry',
                name='to_user',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='notice',
                name='agency',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='directory.agency'),
            ),
            migrations.AddField(
                model_name='notice',
                name='author',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='notice',
                name='district',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.district', verbose_name='part of town'),
            ),
            migrations.AddField(
                model_name='notice',
                name='municipality',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='directory.municipality'),
            ),
            migrations.AddField(
                model_name='notice',
                name='provider',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='directory.provider', verbose_name='on behalf of'),
            ),
            migrations.AddField(
                model_name='notice',
                name='removed_by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
            ),
            migrations.AddField(
                model_name='enquiry',
                name='notice',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='answers', to='contact.notice'),
            ),
            migrations.AddField(
                model_name='noticereport',
                name='notice',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='contact.notice'),
            ),
            migrations.AddField(
                model_name='noticereport',
                name='user',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='sharedlist',
                name='created_by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='sharedlist',
                name='district',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.district'),
            ),
            migrations.AddField(
                model_name='sharedlist',
                name='municipality',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shared_lists', to='directory.municipality'),
            ),
            migrations.AddField(
                model_name='wish',
                name='category',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.category', verbose_name='category'),
            ),
            migrations.AddField(
                model_name='wish',
                name='decided_by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
            ),
            migrations.AddField(
                model_name='wish',
                name='district',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.district', verbose_name='part of town'),
            ),
            migrations.AddField(
                model_name='wish',
                name='municipality',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to='directory.municipality'),
            ),
            migrations.AddIndex(
                model_name='notice',
                index=models.Index(fields=['municipality', 'until', 'created_at'], name='notice_hanging'),
            ),
            migrations.AddIndex(
                model_name='enquiry',
                index=models.Index(fields=['provider', 'state', 'answered_at'], name='enquiry_waiting'),
            ),
            migrations.AddIndex(
                model_name='enquiry',
                index=models.Index(fields=['municipality', 'created_at'], name='enquiry_of_town'),
            ),
            migrations.AddIndex(
                model_name='enquiry',
                index=models.Index(fields=['kind', 'listing_id', 'created_at'], name='enquiry_about'),
            ),
            migrations.AddConstraint(
                model_name='enquiry',
                constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('digest', ''), ('email', ''), ('from_user', None), ('name', ''), ('phone', ''), ('text', ''), ('to_user', None)), _connector='OR'), name='enquiry_erased_is_empty'),
            ),
            migrations.AddConstraint(
                model_name='noticereport',
                constraint=models.UniqueConstraint(fields=('notice', 'user'), name='notice_reported_once'),
            ),
            migrations.AddConstraint(
                model_name='wish',
                constraint=models.CheckConstraint(condition=models.Q(('text', ''), models.Q(('words', 'none'), _negated=True), _connector='OR'), name='wish_words_have_a_state'),
            ),
        ]),
    ]
