"""All tables at once: a new database needs no history."""

import core.identifiers
import dispatch.habits.models
import dispatch.policy
import dispatch.states
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('dispatch', '0001_initial'),
        ('dispatch', '0002_zone_settings'),
        ('dispatch', '0003_zone_lease'),
        ('dispatch', '0004_zone_plans'),
        ('dispatch', '0005_pins'),
        ('dispatch', '0006_dispatchers'),
        ('dispatch', '0007_no_taker_ladder'),
        ('dispatch', '0008_habits_and_hints'),
        ('dispatch', '0009_positions'),
        ('dispatch', '0010_zone_plan'),
        ('dispatch', '0011_watched_couriers'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0006_proofs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Dispatcher',
            fields=[
                ('owner', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='HabitMark',
            fields=[
                ('subject', models.CharField(max_length=10, primary_key=True, serialize=False)),
                ('leg_id', models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name='ShopHabit',
            fields=[
                ('merchant', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='habit', serialize=False, to='core.merchant')),
                ('hours', models.JSONField(default=dispatch.habits.models.no_sales)),
                ('kitchen_count', models.FloatField(default=0.0)),
                ('kitchen_total', models.FloatField(default=0.0)),
                ('kitchen_squares', models.FloatField(default=0.0)),
                ('learnt_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ZoneLease',
            fields=[
                ('zone', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='dispatch_lease', serialize=False, to='core.zone')),
                ('owner', models.CharField(blank=True, db_index=True, max_length=80)),
                ('token', models.PositiveBigIntegerField(default=0)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ZonePlan',
            fields=[
                ('zone', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='dispatch_plan', serialize=False, to='core.zone')),
                ('planned_at', models.DateTimeField()),
                ('took_ms', models.PositiveIntegerField()),
                ('content', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='CourierShift',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='shift', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('state', models.CharField(choices=[('offline', 'offline'), ('online', 'online')], default=dispatch.states.ShiftState['OFFLINE'], max_length=8)),
                ('version', models.PositiveIntegerField(default=1)),
                ('vehicle', models.CharField(choices=[('walk', 'walk'), ('bicycle', 'bicycle'), ('scooter', 'scooter'), ('car', 'car')], default=dispatch.policy.Vehicle['SCOOTER'], max_length=8)),
                ('capacity', models.PositiveSmallIntegerField(default=3)),
                ('auto_accept', models.BooleanField(default=False)),
                ('offline_cause', models.CharField(blank=True, choices=[('taken', 'taken'), ('order_ended', 'order_ended'), ('order_held', 'order_held'), ('reassigned', 'reassigned'), ('excluded', 'excluded'), ('pinned', 'pinned'), ('courier_offline', 'courier_offline'), ('courier_full', 'courier_full'), ('own_wish', 'own_wish'), ('ignored_offers', 'ignored_offers'), ('silent', 'silent'), ('not_moving', 'not_moving')], max_length=20)),
                ('changed_at', models.DateTimeField(null=True)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('accuracy_metres', models.FloatField(null=True)),
                ('position_at', models.DateTimeField(null=True)),
                ('last_seen_at', models.DateTimeField(null=True)),
                ('sampled_at', models.DateTimeField(null=True)),
                ('active_count', models.PositiveSmallIntegerField(default=0)),
                ('ignored_streak', models.PositiveSmallIntegerField(default=0)),
                ('idle_since', models.DateTimeField(null=True)),
                ('hint', models.JSONField(null=True)),
                ('hinted_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'latitude'], name='shift_place')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state', 'offline'), models.Q(('latitude__isnull', False), ('longitude__isnull', False), ('position_at__isnull', False)), _connector='OR'), name='shift_online_has_place')],
            },
        ),
        migrations.CreateModel(
            name='ZoneSettings',
            fields=[
                ('zone', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='dispatch_settings', serialize=False, to='core.zone')),
                ('version', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField()),
                ('matching', models.CharField(choices=[('greedy', 'greedy'), ('optimise', 'optimise')], default=dispatch.policy.Matching['GREEDY'], max_length=8)),
                ('offer_mode', models.CharField(choices=[('one', 'one'), ('batch', 'batch'), ('board', 'board')], default=dispatch.policy.Mode['ONE'], max_length=8)),
                ('batch_size', models.PositiveSmallIntegerField(default=3)),
                ('offer_seconds', models.PositiveSmallIntegerField(default=30)),
                ('board_seconds', models.PositiveSmallIntegerField(default=120)),
                ('search_again_seconds', models.PositiveSmallIntegerField(default=15)),
                ('minutes_per_leg', models.FloatField(default=4.0)),
                ('fairness', models.FloatField(default=0.2)),
                ('late_minute', models.FloatField(default=0.2)),
                ('courier_minute', models.FloatField(default=0.3)),
                ('widen_after_seconds', models.PositiveIntegerField(default=180)),
                ('raise_pay_after_seconds', models.PositiveIntegerField(default=300)),
                ('ask_all_after_seconds', models.PositiveIntegerField(default=390)),
                ('ask_shop_after_seconds', models.PositiveIntegerField(default=480)),
                ('alarm_after_seconds', models.PositiveIntegerField(default=600)),
                ('give_up_after_seconds', models.PositiveIntegerField(default=1200)),
                ('near_metres', models.PositiveIntegerField(default=2000)),
                ('widened_metres', models.PositiveIntegerField(default=4000)),
                ('bonus_metres', models.PositiveIntegerField(default=5000)),
                ('board_metres', models.PositiveIntegerField(default=6000)),
                ('bonus_minor', models.PositiveIntegerField(default=300)),
                ('board_bonus_minor', models.PositiveIntegerField(default=500)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('matching__in', ['greedy', 'optimise'])), name='zone_matching'), models.CheckConstraint(condition=models.Q(('offer_mode__in', ['one', 'batch', 'board'])), name='zone_offer_mode'), models.CheckConstraint(condition=models.Q(('batch_size__gte', 2), ('batch_size__lte', 20)), name='zone_batch_size'), models.CheckConstraint(condition=models.Q(('offer_seconds__gte', 10), ('offer_seconds__lte', 300)), name='zone_offer_seconds'), models.CheckConstraint(condition=models.Q(('board_seconds__gte', 30), ('board_seconds__lte', 900)), name='zone_board_seconds'), models.CheckConstraint(condition=models.Q(('search_again_seconds__gte', 5), ('search_again_seconds__lte', 120)), name='zone_search_again_seconds'), models.CheckConstraint(condition=models.Q(('minutes_per_leg__gte', 0), ('minutes_per_leg__lte', 60)), name='zone_minutes_per_leg'), models.CheckConstraint(condition=models.Q(('fairness__gte', 0), ('fairness__lte', 5)), name='zone_fairness'), models.CheckConstraint(condition=models.Q(('late_minute__gte', 0), ('late_minute__lte', 10)), name='zone_late_minute'), models.CheckConstraint(condition=models.Q(('courier_minute__gte', 0), ('courier_minute__lte', 10)), name='zone_courier_minute'), models.CheckConstraint(condition=models.Q(('widen_after_seconds__gte', 15), ('widen_after_seconds__lte', 7200)), name='zone_widen_after_seconds'), models.CheckConstraint(condition=models.Q(('raise_pay_after_seconds__gte', 15), ('raise_pay_after_seconds__lte', 7200)), name='zone_raise_pay_after_seconds'), models.CheckConstraint(condition=models.Q(('ask_all_after_seconds__gte', 15), ('ask_all_after_seconds__lte', 7200)), name='zone_ask_all_after_seconds'), models.CheckConstraint(condition=models.Q(('ask_shop_after_seconds__gte', 15), ('ask_shop_after_seconds__lte', 7200)), name='zone_ask_shop_after_seconds'), models.CheckConstraint(condition=models.Q(('alarm_after_seconds__gte', 15), ('alarm_after_seconds__lte', 7200)), name='zone_alarm_after_seconds'), models.CheckConstraint(condition=models.Q(('give_up_after_seconds__gte', 15), ('give_up_after_seconds__lte', 7200)), name='zone_give_up_after_seconds'), models.CheckConstraint(condition=models.Q(('near_metres__gte', 200), ('near_metres__lte', 20000)), name='zone_near_metres'), models.CheckConstraint(condition=models.Q(('widened_metres__gte', 200), ('widened_metres__lte', 20000)), name='zone_widened_metres'), models.CheckConstraint(condition=models.Q(('bonus_metres__gte', 200), ('bonus_metres__lte', 20000)), name='zone_bonus_metres'), models.CheckConstraint(condition=models.Q(('board_metres__gte', 200), ('board_metres__lte', 20000)), name='zone_board_metres'), models.CheckConstraint(condition=models.Q(('bonus_minor__gte', 0), ('bonus_minor__lte', 100000)), name='zone_bonus_minor'), models.CheckConstraint(condition=models.Q(('board_bonus_minor__gte', 0), ('board_bonus_minor__lte', 100000)), name='zone_board_bonus_minor'), models.CheckConstraint(condition=models.Q(('raise_pay_after_seconds__gte', models.F('widen_after_seconds'))), name='zone_widen_after_seconds_first'), models.CheckConstraint(condition=models.Q(('ask_all_after_seconds__gte', models.F('raise_pay_after_seconds'))), name='zone_raise_pay_after_seconds_first'), models.CheckConstraint(condition=models.Q(('ask_shop_after_seconds__gte', models.F('ask_all_after_seconds'))), name='zone_ask_all_after_seconds_first'), models.CheckConstraint(condition=models.Q(('alarm_after_seconds__gte', models.F('ask_shop_after_seconds'))), name='zone_ask_shop_after_seconds_first'), models.CheckConstraint(condition=models.Q(('give_up_after_seconds__gte', models.F('alarm_after_seconds'))), name='zone_alarm_after_seconds_first'), models.CheckConstraint(condition=models.Q(('widened_metres__gte', models.F('near_metres'))), name='zone_near_metres_first'), models.CheckConstraint(condition=models.Q(('bonus_metres__gte', models.F('widened_metres'))), name='zone_widened_metres_first'), models.CheckConstraint(condition=models.Q(('board_metres__gte', models.F('bonus_metres'))), name='zone_bonus_metres_first'), models.CheckConstraint(condition=models.Q(('board_bonus_minor__gte', models.F('bonus_minor'))), name='zone_bonus_minor_first')],
            },
        ),
        migrations.CreateModel(
            name='CourierSearch',
            fields=[
                ('leg', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search', serialize=False, to='core.deliveryleg')),
                ('started_at', models.DateTimeField()),
                ('held_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('latitude', models.FloatField()),
                ('longitude', models.FloatField()),
                ('round', models.PositiveIntegerField(default=0)),
                ('rung_count', models.PositiveSmallIntegerField(default=0)),
                ('excluded', models.JSONField(default=list)),
                ('pinned_at', models.DateTimeField(null=True)),
                ('pin_reason', models.CharField(blank=True, max_length=120)),
                ('ranking', models.JSONField(default=dict)),
                ('plan_wanted_at', models.DateTimeField(db_index=True, null=True)),
                ('courier', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pinned_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['ended_at', 'latitude'], name='search_place')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.UUIDField(default=core.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('declined', 'declined'), ('expired', 'expired'), ('withdrawn', 'withdrawn')], default=dispatch.states.OfferState['OPEN'], max_length=10)),
                ('version', models.PositiveIntegerField(default=1)),
                ('mode', models.CharField(choices=[('one', 'one'), ('batch', 'batch'), ('board', 'board'), ('auto', 'auto')], max_length=8)),
                ('round', models.PositiveIntegerField()),
                ('bonus_minor', models.PositiveIntegerField(default=0)),
                ('offered_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('cause', models.CharField(blank=True, choices=[('taken', 'taken'), ('order_ended', 'order_ended'), ('order_held', 'order_held'), ('reassigned', 'reassigned'), ('excluded', 'excluded'), ('pinned', 'pinned'), ('courier_offline', 'courier_offline'), ('courier_full', 'courier_full'), ('own_wish', 'own_wish'), ('ignored_offers', 'ignored_offers'), ('silent', 'silent'), ('not_moving', 'not_moving')], max_length=20)),
                ('decline_reason', models.CharField(blank=True, max_length=40)),
                ('terms', models.JSONField(default=dict)),
                ('reason', models.JSONField(default=dict)),
                ('courier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to=settings.AUTH_USER_MODEL)),
                ('leg', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='core.deliveryleg')),
            ],
            options={
                'indexes': [models.Index(fields=['courier', 'state'], name='offer_courier'), models.Index(fields=['leg', 'state'], name='offer_leg')],
                'constraints': [models.UniqueConstraint(fields=('leg', 'courier', 'round'), name='offer_once_a_round'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='offer_ended_has_time')],
            },
        ),
        migrations.CreateModel(
            name='TrailPoint',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('latitude', models.FloatField()),
                ('longitude', models.FloatField()),
                ('accuracy_metres', models.FloatField(null=True)),
                ('courier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['courier', 'at'], name='trail_courier'), models.Index(fields=['at'], name='trail_at')],
            },
        ),
    ]
