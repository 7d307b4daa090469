"""Addresses of the pages."""

from django.urls import path

from web import (
    app,
    campaigns,
    entry,
    links,
    moved,
    views,
    webhooks,
    worker,
)


app_name = "web"

urlpatterns = [
    path("", moved.to_screen, {"screen": ""}, name="home"),
    path("app/", app.screens, name="app"),
    path("app/<path:screen>", app.screens),
    path("login", moved.to_screen, {"screen": "login/index"}, name="login"),
    path("logout", entry.log_out, name="logout"),
    path("language", entry.choose_language, name="language"),
    path("shops", moved.to_screen, {"screen": "shops/index"}, name="shops"),
    path("shops/<uuid:id>", moved.to_screen, {"screen": "shop/index"}, name="shop"),
    path("board/<uuid:merchant_id>", views.board, name="board"),
    path("board/<uuid:merchant_id>/webhooks", webhooks.webhooks, name="webhooks"),
    path("board/<uuid:merchant_id>/campaigns", campaigns.of_shop, name="campaigns"),
    path("merchant/<uuid:merchant_id>", views.board_of_notice),
    path("orders/<uuid:id>", moved.to_screen, {"screen": "order/index"}, name="order"),
    path("t/<str:token>", links.share, name="share"),
    path("courier", views.courier, name="courier"),
    path("operator", moved.to_screen, {"screen": "operator/index"}, name="operator"),
    path("operator/zones/<uuid:id>", moved.to_screen, {"screen": "operator/zone"}),
    path("operator/notices", moved.to_screen, {"screen": "operator/notices"}),
    path("operator/notices/<uuid:id>", moved.to_screen, {"screen": "operator/notice"}),
    path("operator/dead-letters", moved.to_screen, {"screen": "operator/dead-letters"}),
    path("operator/ladders", moved.to_screen, {"screen": "operator/ladders"}),
    path("operator/templates", moved.to_screen, {"screen": "operator/templates"}),
    path("operator/campaigns", campaigns.of_platform, name="platform_campaigns"),
    path("settings", moved.to_screen, {"screen": "settings/index"}, name="settings"),
    path("u/<str:token>", links.unsubscribe, name="unsubscribe"),
    path("sw.js", worker.service_worker, name="service_worker"),
]
