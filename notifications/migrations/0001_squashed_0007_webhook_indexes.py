"""All tables at once: a new database needs no history."""

import core.identifiers
import django.db.models.deletion
import notifications.lanes
import notifications.marketing.states
import notifications.preferences.policy
import notifications.states
import notifications.webhooks.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('notifications', '0001_initial'),
        ('notifications', '0002_preferences'),
        ('notifications', '0003_digests'),
        ('notifications', '0004_webhooks'),
        ('notifications', '0005_texting'),
        ('notifications', '0006_marketing'),
        ('notifications', '0007_webhook_indexes'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0006_proofs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('lane', models.CharField(default=notifications.lanes.Lane['SERVICE'], max_length=12)),
                ('channel', models.CharField(choices=[('board', 'board'), ('push', 'push'), ('sms', 'sms'), ('call', 'call'), ('operator', 'operator')], max_length=12)),
                ('step', models.PositiveSmallIntegerField()),
                ('condition', models.CharField(choices=[('unanswered', 'unanswered'), ('undelivered', 'undelivered')], max_length=12)),
                ('is_loud', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('leased', 'leased'), ('sent', 'sent'), ('confirmed', 'confirmed'), ('retrying', 'retrying'), ('cancelled', 'cancelled'), ('expired', 'expired'), ('dead', 'dead'), ('uncertain', 'uncertain')], default=notifications.states.DeliveryState['PENDING'], max_length=12)),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('provider', models.CharField(blank=True, max_length=16)),
                ('provider_id', models.CharField(blank=True, max_length=128)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('ask_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='reach', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('recent', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('subscription_id', models.BigIntegerField(null=True)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('outcome', models.CharField(max_length=16)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('provider', models.CharField(blank=True, max_length=16)),
                ('provider_id', models.CharField(blank=True, max_length=128)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='notifications.delivery')),
            ],
        ),
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='DigestItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='digest_item', to='notifications.delivery')),
                ('digest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='notifications.digest')),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('event_id', models.UUIDField()),
                ('template', models.CharField(max_length=40)),
                ('category', models.CharField(max_length=20)),
                ('variables', models.JSONField(default=dict)),
                ('topic', models.CharField(max_length=64)),
                ('subject', models.CharField(max_length=64)),
                ('order_id', models.UUIDField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(null=True)),
                ('acted_at', models.DateTimeField(null=True)),
                ('acted_by', models.UUIDField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('close_code', models.CharField(blank=True, max_length=48)),
            ],
            options={
                'indexes': [models.Index(fields=['order_id', 'closed_at'], name='notice_order'), models.Index(fields=['subject', 'closed_at'], name='notice_subject'), models.Index(fields=['created_at'], name='notice_created')],
                'constraints': [models.UniqueConstraint(fields=('event_id', 'template', 'topic'), name='notice_once')],
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notifications.notice'),
        ),
        migrations.CreateModel(
            name='PersonalDay',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='personal_day', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('time_zone', models.CharField(max_length=64)),
                ('quiet_starts_at', models.TimeField(null=True)),
                ('quiet_ends_at', models.TimeField(null=True)),
                ('digest_every', models.CharField(default=notifications.preferences.policy.DigestEvery['DAY'], max_length=8)),
                ('digest_hour', models.PositiveSmallIntegerField(default=9)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('quiet_ends_at__isnull', True), ('quiet_starts_at__isnull', True)), models.Q(('quiet_ends_at__isnull', False), ('quiet_starts_at__isnull', False)), _connector='OR'), name='quiet_hours_whole')],
            },
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(max_length=20)),
                ('channel', models.CharField(max_length=12)),
                ('choice', models.CharField(max_length=8)),
                ('changed_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='preferences', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PushSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint_hash', models.CharField(max_length=64, unique=True)),
                ('endpoint', models.CharField(max_length=1024)),
                ('p256dh', models.CharField(max_length=128)),
                ('auth', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('gone_at', models.DateTimeField(null=True)),
                ('gone_code', models.CharField(blank=True, max_length=24)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='push_subscriptions', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RecipientNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('locale', models.CharField(max_length=8)),
                ('version', models.PositiveIntegerField(default=1)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(null=True)),
                ('acted_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='notifications.notice')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='delivery',
            name='recipient',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notifications.recipientnotice'),
        ),
        migrations.CreateModel(
            name='SentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('sms', 'sms'), ('call', 'call')], max_length=12)),
                ('provider', models.CharField(max_length=16)),
                ('number', models.CharField(max_length=20)),
                ('template', models.CharField(max_length=40)),
                ('sent_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['number', 'sent_at'], name='sent_text_number'), models.Index(fields=['sent_at'], name='sent_text_age')],
            },
        ),
        migrations.CreateModel(
            name='Spending',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('sms', 'sms'), ('call', 'call')], max_length=12)),
                ('provider', models.CharField(max_length=16)),
                ('day', models.DateField()),
                ('count', models.PositiveIntegerField(default=0)),
                ('alarmed_percent', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel', 'provider', 'day'), name='spending_once')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('url', models.CharField(blank=True, max_length=1024)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('event_types', models.JSONField()),
                ('secret', models.CharField(max_length=80)),
                ('old_secret', models.CharField(blank=True, max_length=80)),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('disabled_at', models.DateTimeField(null=True)),
                ('disabled_code', models.CharField(blank=True, max_length=24)),
                ('failing_since', models.DateTimeField(null=True)),
                ('rest_until', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='core.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('thing', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[(notifications.webhooks.states.HookState['PENDING'], notifications.webhooks.states.HookState['PENDING']), (notifications.webhooks.states.HookState['LEASED'], notifications.webhooks.states.HookState['LEASED']), (notifications.webhooks.states.HookState['RETRYING'], notifications.webhooks.states.HookState['RETRYING']), (notifications.webhooks.states.HookState['HELD'], notifications.webhooks.states.HookState['HELD']), (notifications.webhooks.states.HookState['QUEUED'], notifications.webhooks.states.HookState['QUEUED']), (notifications.webhooks.states.HookState['PULLED'], notifications.webhooks.states.HookState['PULLED']), (notifications.webhooks.states.HookState['ACCEPTED'], notifications.webhooks.states.HookState['ACCEPTED']), (notifications.webhooks.states.HookState['DEAD'], notifications.webhooks.states.HookState['DEAD']), (notifications.webhooks.states.HookState['CANCELLED'], notifications.webhooks.states.HookState['CANCELLED'])], max_length=12)),
                ('created_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('give_up_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('is_replay', models.BooleanField(default=False)),
                ('webhook', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='notifications.webhook')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('code', models.CharField(max_length=64)),
                ('delivery', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='tries', to='notifications.webhookdelivery')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookMessage',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('merchant_id', models.UUIDField()),
                ('type', models.CharField(max_length=48)),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='webhook_message_age')],
            },
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='message',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='notifications.webhookmessage'),
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('words', models.JSONField()),
                ('state', models.CharField(default=notifications.marketing.states.CampaignState['DRAFT'], max_length=12)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('starts_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('planned_until', models.UUIDField(null=True)),
                ('planned_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='campaigns', to='core.merchant')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'starts_at'], name='campaign_running'), models.Index(fields=['merchant', 'created_at'], name='campaign_of_shop')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'running', 'stopped', 'ended'])), name='campaign_state_known')],
            },
        ),
        migrations.CreateModel(
            name='ConsentRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=48)),
                ('is_given', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('how', models.CharField(max_length=16)),
                ('wording', models.CharField(max_length=16)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['scope', 'person', 'id'], name='consent_newest')],
            },
        ),
        migrations.AddConstraint(
            model_name='digest',
            constraint=models.UniqueConstraint(fields=('person', 'due_at'), name='digest_once'),
        ),
        migrations.AddConstraint(
            model_name='preference',
            constraint=models.UniqueConstraint(fields=('person', 'category', 'channel'), name='preference_once'),
        ),
        migrations.AddIndex(
            model_name='pushsubscription',
            index=models.Index(fields=['person', 'gone_at'], name='subscription_live'),
        ),
        migrations.AddIndex(
            model_name='recipientnotice',
            index=models.Index(fields=['person', 'closed_at'], name='recipient_unread'),
        ),
        migrations.AddConstraint(
            model_name='recipientnotice',
            constraint=models.UniqueConstraint(fields=('notice', 'person'), name='recipient_once'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['lane', 'channel', 'state', 'due_at'], name='delivery_in_lane'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['state', 'lease_until'], name='delivery_lease'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['ask_at'], name='delivery_ask'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('notice', 'recipient', 'channel', 'step'), name='delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'leased', 'sent', 'confirmed', 'retrying', 'cancelled', 'expired', 'dead', 'uncertain'])), name='delivery_state_known'),
        ),
        migrations.AddIndex(
            model_name='webhook',
            index=models.Index(fields=['merchant', 'removed_at'], name='webhook_of_shop'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['state', 'due_at', 'webhook'], name='webhook_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['webhook', 'state', 'id', 'due_at'], name='webhook_next'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['state', 'lease_until'], name='webhook_lease'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['webhook', 'thing', 'id'], name='webhook_turn'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['webhook', 'id'], name='webhook_recent'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'leased', 'retrying', 'held', 'queued', 'pulled', 'accepted', 'dead', 'cancelled'])), name='webhook_delivery_state_known'),
        ),
    ]
