"""Addresses of the pages."""

from django.urls import path

from web import app, links, moved, worker


app_name = "web"

urlpatterns = [
    path("", moved.to_screen, {"screen": ""}, name="home"),
    path("app/", app.screens, name="app"),
    path("app/<path:screen>", app.screens),
    path("login", moved.to_screen, {"screen": "login/index"}, name="login"),
    path("shops", moved.to_screen, {"screen": "shops/index"}, name="shops"),
    path("shops/<uuid:id>", moved.to_screen, {"screen": "shop/index"}, name="shop"),
    path("board/<uuid:shop>", moved.to_screen, {"screen": "board/index"}, name="board"),
    path("board/<uuid:shop>/webhooks", moved.to_screen, {"screen": "webhooks/index"}),
    path("board/<uuid:shop>/campaigns", moved.to_screen, {"screen": "campaigns/index"}),
    path("merchant/<uuid:shop>", moved.to_screen, {"screen": "board/index"}),
    path("orders/<uuid:id>", moved.to_screen, {"screen": "order/index"}, name="order"),
    path("t/<str:token>", links.share, name="share"),
    path("courier", moved.to_screen, {"screen": "courier/index"}, name="courier"),
    path("operator", moved.to_screen, {"screen": "operator/index"}, name="operator"),
    path("operator/zones/<uuid:id>", moved.to_screen, {"screen": "operator/zone"}),
    path("operator/notices", moved.to_screen, {"screen": "operator/notices"}),
    path("operator/notices/<uuid:id>", moved.to_screen, {"screen": "operator/notice"}),
    path("operator/dead-letters", moved.to_screen, {"screen": "operator/dead-letters"}),
    path("operator/ladders", moved.to_screen, {"screen": "operator/ladders"}),
    path("operator/templates", moved.to_screen, {"screen": "operator/templates"}),
    path("operator/campaigns", moved.to_screen, {"screen": "campaigns/index"}),
    path("settings", moved.to_screen, {"screen": "settings/index"}, name="settings"),
    path("inbox", moved.to_screen, {"screen": "inbox/index"}, name="inbox"),
    path("u/<str:token>", links.unsubscribe, name="unsubscribe"),
    path("sw.js", worker.service_worker, name="service_worker"),
]
