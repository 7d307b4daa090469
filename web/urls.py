"""Addresses of the pages."""

from django.urls import path

from web import (
    app,
    campaigns,
    entry,
    moved,
    preferences,
    shares,
    views,
    webhooks,
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
    path("operator", moved.to_screen, {"screen": "operator/index"}, name="operator"),
    path("operator/zones/<uuid:id>", moved.to_screen, {"screen": "operator/zone"}),
    path("operator/notices", moved.to_screen, {"screen": "operator/notices"}),
    path("operator/notices/<uuid:id>", moved.to_screen, {"screen": "operator/notice"}),
    path("operator/dead-letters", moved.to_screen, {"screen": "operator/dead-letters"}),
    path("operator/ladders", moved.to_screen, {"screen": "operator/ladders"}),
    path("operator/templates", moved.to_screen, {"screen": "operator/templates"}),
    path("operator/campaigns", campaigns.of_platform, name="platform_campaigns"),
    path("settings", preferences.settings, name="settings"),
    path("u/<str:token>", preferences.unsubscribe, name="unsubscribe"),
    path("offline", views.offline, name="offline"),
    path("sw.js", entry.service_worker, name="service_worker"),
]
