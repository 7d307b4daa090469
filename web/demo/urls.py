"""Addresses of the demonstration; mounted only where `PAIDAN_DEMO` is set."""

from django.urls import path

from web.demo import views


app_name = "demo"

urlpatterns = [
    path("demo", views.demo, name="demo"),
    path("demo/api/scene", views.scene, name="scene"),
    path("demo/api/phones", views.phones, name="phones"),
    path("demo/api/sessions", views.sessions, name="sessions"),
    path("demo/api/tunnel", views.cut, name="tunnel"),
    path("demo/api/control/<path:path>", views.control, name="control"),
]
