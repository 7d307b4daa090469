"""Addresses of the pages."""

from django.urls import path

from web import (
    app,
    campaigns,
    entry,
    ladders,
    notices,
    preferences,
    shares,
    views,
    webhooks,
    zones,
)


app_name = "web"

urlpatterns = [
    path("", views.home, name="home"),
    path("app/", app.screens, name="app"),
    path("app/<path:screen>", app.screens),
    path("login", entry.log_in, name="login"),
    path("logout", entry.log_out, name="logout"),
    path("language", entry.choose_language, name="language"),
    path("shops", views.shops, name="shops"),
    path("shops/<uuid:merchant_id>", views.shop, name="shop"),
    path("board/<uuid:merchant_id>", views.board, name="board"),
    path("board/<uuid:merchant_id>/webhooks", webhooks.webhooks, name="webhooks"),
    path("board/<uuid:merchant_id>/campaigns", campaigns.of_shop, name="campaigns"),
    path("merchant/<uuid:merchant_id>", views.board_of_notice),
    path("orders/<uuid:order_id>", views.order, name="order"),
    path("t/<str:token>", shares.share, name="share"),
    path("courier", views.courier, name="courier"),
    path("operator", views.operator, name="operator"),
    path("operator/zones/<uuid:zone_id>", zones.zone, name="zone"),
    path("operator/notices", notices.notices, name="notices"),
    path("operator/notices/<uuid:notice_id>", notices.notice, name="notice"),
    path("operator/dead-letters", notices.dead_letters, name="dead_letters"),
    path("operator/ladders", ladders.ladders, name="ladders"),
    path("operator/campaigns", campaigns.of_platform, name="platform_campaigns"),
    path("operator/templates", preferences.templates, name="templates"),
    path("settings", preferences.settings, name="settings"),
    path("u/<str:token>", preferences.unsubscribe, name="unsubscribe"),
    path("offline", views.offline, name="offline"),
    path("sw.js", entry.service_worker, name="service_worker"),
]
