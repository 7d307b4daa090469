"""Addresses of the demonstration; mounted only where `PAIDAN_DEMO` is set."""

from django.urls import path

from web.demo import views


app_name = "demo"

urlpatterns = [
    path("demo", views.demo, name="demo"),
    path("demo/scene", views.scene, name="scene"),
    path("demo/enter/<uuid:person_id>", views.enter, name="enter"),
]
