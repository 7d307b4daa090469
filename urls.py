"""URL map: composed from the apps."""

urlpatterns: list = []
