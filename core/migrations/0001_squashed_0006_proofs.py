"""All tables at once: a new database needs no history."""

import core.identifiers
import core.legs.states
import core.payments.states
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('core', '0001_initial'),
        ('core', '0002_presence'),
        ('core', '0003_no_taker_ladder'),
        ('core', '0004_nearness'),
        ('core', '0005_followed_merchants'),
        ('core', '0006_proofs'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('phone', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('is_courier', models.BooleanField(default=False)),
                ('is_operator', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('locale', models.CharField(default='zh-CN', max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('sockets_revoked_at', models.DateTimeField(db_index=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Merchant',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(default='restaurant', max_length=40)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('latitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)])),
                ('longitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)])),
                ('currency', models.CharField(default='CNY', max_length=3)),
                ('preparation_minutes', models.PositiveSmallIntegerField(default=12)),
                ('delivery_fee_minor', models.PositiveIntegerField(default=500)),
                ('auto_accept', models.BooleanField(default=False)),
                ('is_open', models.BooleanField(default=True)),
                ('paused_until', models.DateTimeField(null=True)),
                ('pause_reason', models.CharField(blank=True, max_length=40)),
                ('pause_cause', models.CharField(blank=True, choices=[('by_hand', 'BY_HAND'), ('missed_orders', 'MISSED_ORDERS'), ('no_board', 'NO_BOARD')], max_length=16)),
                ('needs_board', models.BooleanField(default=True)),
                ('busy_minutes', models.PositiveSmallIntegerField(default=0)),
                ('busy_until', models.DateTimeField(null=True)),
                ('missed_streak', models.PositiveSmallIntegerField(default=0)),
                ('strike_count', models.PositiveIntegerField(default=0)),
                ('next_order_number', models.PositiveIntegerField(default=1)),
                ('is_followed', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Stream',
            fields=[
                ('topic', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('head', models.PositiveBigIntegerField(default=0)),
                ('floor', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='WebNode',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('until', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Zone',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('time_zone', models.CharField(default='Asia/Shanghai', max_length=40)),
                ('latitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)])),
                ('longitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)])),
                ('radius_metres', models.PositiveIntegerField(default=6000)),
                ('proof_policy', models.JSONField(blank=True, default=dict)),
                ('proof_policy_version', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('label', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BoardLoss',
            fields=[
                ('merchant', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='board_loss', serialize=False, to='core.merchant')),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Deadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=48)),
                ('subject', models.UUIDField()),
                ('due_at', models.DateTimeField()),
                ('held_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['held_at', 'due_at'], name='deadline_due'), models.Index(fields=['subject'], name='deadline_subject')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject'), name='deadline_once')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=48)),
                ('schema_version', models.PositiveSmallIntegerField(default=1)),
                ('subject', models.CharField(max_length=64)),
                ('version', models.PositiveIntegerField()),
                ('occurred_at', models.DateTimeField()),
                ('actor', models.JSONField()),
                ('causation_id', models.UUIDField(null=True)),
                ('correlation_id', models.CharField(blank=True, max_length=64)),
                ('data', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['subject', 'id'], name='event_subject'), models.Index(fields=['correlation_id', 'id'], name='event_correlation')],
            },
        ),
        migrations.CreateModel(
            name='FiredDeadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=48)),
                ('subject', models.UUIDField()),
                ('due_at', models.DateTimeField()),
                ('fired_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['fired_at'], name='fired_at')],
            },
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('epoch', models.CharField(max_length=16)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='installation_is_one')],
            },
        ),
        migrations.CreateModel(
            name='MenuItem',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('description', models.CharField(blank=True, max_length=300)),
                ('price_minor', models.PositiveIntegerField()),
                ('stock', models.PositiveIntegerField(null=True)),
                ('is_sold_out', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=1)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='core.merchant')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='OpeningHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(6)])),
                ('opens_at', models.TimeField()),
                ('closes_at', models.TimeField()),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='opening_hours', to='core.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('fulfilment', models.CharField(choices=[('delivery', 'delivery'), ('pickup', 'pickup')], max_length=12)),
                ('state', models.CharField(choices=[('pending_payment', 'pending_payment'), ('placed', 'placed'), ('accepted', 'accepted'), ('preparing', 'preparing'), ('ready', 'ready'), ('handed_over', 'handed_over'), ('completed', 'completed'), ('cancelled', 'cancelled')], max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('payment_method', models.CharField(choices=[('cash', 'cash'), ('online', 'online')], max_length=8)),
                ('currency', models.CharField(max_length=3)),
                ('items_minor', models.PositiveIntegerField()),
                ('delivery_fee_minor', models.PositiveIntegerField(default=0)),
                ('total_minor', models.PositiveIntegerField()),
                ('note', models.CharField(blank=True, max_length=300)),
                ('contact_name', models.CharField(max_length=80)),
                ('contact_phone', models.CharField(max_length=20)),
                ('dropoff_address', models.CharField(blank=True, max_length=200)),
                ('dropoff_latitude', models.FloatField(null=True)),
                ('dropoff_longitude', models.FloatField(null=True)),
                ('is_contactless', models.BooleanField(default=False)),
                ('handover_code', models.CharField(max_length=8)),
                ('wrong_code_count', models.PositiveSmallIntegerField(default=0)),
                ('wrong_code_since', models.DateTimeField(null=True)),
                ('sold_out_preference', models.CharField(default='refund', max_length=8)),
                ('created_at', models.DateTimeField()),
                ('release_at', models.DateTimeField(null=True)),
                ('placed_at', models.DateTimeField(null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('preparing_at', models.DateTimeField(null=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('handed_over_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('promised_ready_at', models.DateTimeField(null=True)),
                ('promised_at', models.DateTimeField(null=True)),
                ('delay_minutes', models.PositiveSmallIntegerField(default=0)),
                ('cancellation_requested_at', models.DateTimeField(null=True)),
                ('cancellation_reason', models.CharField(blank=True, max_length=24)),
                ('cancel_reason', models.CharField(blank=True, choices=[('payment_expired', 'payment_expired'), ('accept_expired', 'accept_expired'), ('changed_mind', 'changed_mind'), ('wrong_address', 'wrong_address'), ('too_slow', 'too_slow'), ('sold_out', 'sold_out'), ('shop_closed', 'shop_closed'), ('too_busy', 'too_busy'), ('cannot_fulfil', 'cannot_fulfil'), ('no_courier', 'no_courier'), ('delivery_failed', 'delivery_failed'), ('not_collected', 'not_collected'), ('cancellation_agreed', 'cancellation_agreed'), ('fraud', 'fraud'), ('other', 'other')], max_length=24)),
                ('cancel_party', models.CharField(blank=True, choices=[('customer', 'customer'), ('merchant', 'merchant'), ('courier', 'courier'), ('platform', 'platform')], max_length=12)),
                ('cancel_mode', models.CharField(blank=True, max_length=20)),
                ('kept_minor', models.PositiveIntegerField(default=0)),
                ('held_at', models.DateTimeField(null=True)),
                ('hold_reason', models.CharField(blank=True, max_length=120)),
                ('nudged_at', models.DateTimeField(null=True)),
                ('nudge_count', models.PositiveSmallIntegerField(default=0)),
                ('nudge_reply', models.CharField(blank=True, max_length=120)),
                ('proposal', models.JSONField(null=True)),
                ('pickup_proposed_at', models.DateTimeField(null=True)),
                ('is_flagged', models.BooleanField(default=False)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL)),
                ('linked_order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.order')),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='core.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='DeliveryLeg',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('unassigned', 'unassigned'), ('offered', 'offered'), ('assigned', 'assigned'), ('at_pickup', 'at_pickup'), ('picked_up', 'picked_up'), ('at_dropoff', 'at_dropoff'), ('delivered', 'delivered'), ('failed', 'failed'), ('returning', 'returning'), ('returned', 'returned'), ('cancelled', 'cancelled')], default=core.legs.states.LegState['UNASSIGNED'], max_length=12)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('assigned_at', models.DateTimeField(null=True)),
                ('at_pickup_at', models.DateTimeField(null=True)),
                ('picked_up_at', models.DateTimeField(null=True)),
                ('at_dropoff_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('returning_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('near_pickup_at', models.DateTimeField(null=True)),
                ('near_dropoff_at', models.DateTimeField(null=True)),
                ('eta_at', models.DateTimeField(null=True)),
                ('assignment_reason', models.JSONField(default=dict)),
                ('fee_minor', models.PositiveIntegerField(default=0)),
                ('bonus_minor', models.PositiveIntegerField(default=0)),
                ('search_rung', models.CharField(blank=True, choices=[('leg.widen', 'WIDEN'), ('leg.raise_pay', 'RAISE_PAY'), ('leg.ask_all', 'ASK_ALL'), ('leg.ask_shop', 'ASK_SHOP'), ('leg.alarm', 'ALARM'), ('leg.give_up', 'GIVE_UP')], max_length=16)),
                ('search_escalated_at', models.DateTimeField(null=True)),
                ('search_waits_until', models.DateTimeField(null=True)),
                ('failure_reason', models.CharField(blank=True, max_length=40)),
                ('failure_photo', models.UUIDField(null=True)),
                ('attempt_count', models.PositiveSmallIntegerField(default=1)),
                ('proof', models.JSONField(null=True)),
                ('courier', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='legs', to=settings.AUTH_USER_MODEL)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='leg', to='core.order')),
            ],
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('unit_minor', models.PositiveIntegerField()),
                ('quantity', models.PositiveSmallIntegerField()),
                ('ordered_quantity', models.PositiveSmallIntegerField()),
                ('position', models.PositiveSmallIntegerField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.menuitem')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='core.order')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('created', 'created'), ('captured', 'captured'), ('failed', 'failed'), ('voided', 'voided'), ('partially_refunded', 'partially_refunded'), ('refunded', 'refunded')], default=core.payments.states.PaymentState['CREATED'], max_length=20)),
                ('amount_minor', models.PositiveIntegerField()),
                ('refunded_minor', models.PositiveIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('charge_id', models.CharField(blank=True, max_length=64)),
                ('pay_url', models.CharField(blank=True, max_length=300)),
                ('version', models.PositiveIntegerField(default=1)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='payment', to='core.order')),
            ],
        ),
        migrations.CreateModel(
            name='ProofFile',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=12)),
                ('source_sha256', models.CharField(max_length=64)),
                ('sha256', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=160)),
                ('content_type', models.CharField(max_length=20)),
                ('size_bytes', models.PositiveIntegerField()),
                ('width', models.PositiveSmallIntegerField()),
                ('height', models.PositiveSmallIntegerField()),
                ('captured_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('stored_at', models.DateTimeField(null=True)),
                ('purged_at', models.DateTimeField(null=True)),
                ('leg', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proof_files', to='core.deliveryleg')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ProviderCallback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20)),
                ('event_id', models.CharField(max_length=64)),
                ('type', models.CharField(max_length=40)),
                ('body', models.JSONField()),
                ('received_at', models.DateTimeField()),
                ('outcome', models.CharField(max_length=24)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'event_id'), name='callback_once')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=24)),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('charge_id', models.CharField(max_length=64)),
                ('is_of_payment', models.BooleanField(default=True)),
                ('amount_minor', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('requested', 'requested'), ('succeeded', 'succeeded'), ('failed', 'failed')], default=core.payments.states.RefundState['REQUESTED'], max_length=12)),
                ('due_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('provider_code', models.CharField(blank=True, max_length=64)),
                ('version', models.PositiveIntegerField(default=1)),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refunds', to='core.payment')),
            ],
        ),
        migrations.CreateModel(
            name='StreamEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('topic', 'seq', blank=True, editable=False, primary_key=True, serialize=False)),
                ('topic', models.CharField(max_length=64)),
                ('seq', models.PositiveBigIntegerField()),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='entry_created')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
                ('battery_percent', models.PositiveSmallIntegerField(null=True)),
                ('is_charging', models.BooleanField(null=True)),
                ('is_sound_allowed', models.BooleanField(null=True)),
                ('is_hidden', models.BooleanField(null=True)),
                ('merchant', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='core.merchant')),
                ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('node', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='core.webnode')),
            ],
        ),
        migrations.AddField(
            model_name='merchant',
            name='zone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merchants', to='core.zone'),
        ),
        migrations.CreateModel(
            name='CommandKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=128)),
                ('fingerprint', models.CharField(max_length=64)),
                ('answer', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='command_key_age')],
                'constraints': [models.UniqueConstraint(fields=('person', 'key'), name='command_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_owner', models.BooleanField(default=False)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='core.merchant')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'merchant'), name='membership_once')],
            },
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', 'ended_at'], name='order_board'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['customer', 'created_at'], name='order_customer'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['state', 'created_at'], name='order_state'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'number'), name='order_number_once'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending_payment', 'placed', 'accepted', 'preparing', 'ready', 'handed_over', 'completed', 'cancelled'])), name='order_state_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['completed', 'cancelled'])), models.Q(models.Q(('state__in', ['completed', 'cancelled']), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='order_ended_has_time'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'cancelled'), _negated=True), models.Q(('cancel_reason', ''), _negated=True), _connector='OR'), name='order_cancelled_has_reason'),
        ),
        migrations.AddIndex(
            model_name='deliveryleg',
            index=models.Index(fields=['courier', 'ended_at'], name='leg_courier'),
        ),
        migrations.AddIndex(
            model_name='deliveryleg',
            index=models.Index(fields=['state'], name='leg_state'),
        ),
        migrations.AddConstraint(
            model_name='deliveryleg',
            constraint=models.CheckConstraint(condition=models.Q(('courier__isnull', False), models.Q(('state__in', ['assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'delivered']), _negated=True), _connector='OR'), name='leg_on_the_way_has_courier'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_minor__lte', models.F('amount_minor'))), name='payment_refund_within'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['created', 'captured', 'failed', 'voided', 'partially_refunded', 'refunded'])), name='payment_state_known'),
        ),
        migrations.AddIndex(
            model_name='prooffile',
            index=models.Index(fields=['purged_at', 'created_at'], name='proof_age'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['state', 'due_at'], name='refund_due'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('payment', 'reason', 'number'), name='refund_once'),
        ),
    ]
