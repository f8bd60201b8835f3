"""The map of all doors."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.roles import Role
from config.api import api
from core.health import health
from core.policy import policy

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", policy(Role.PUBLIC)(health), name="health"),
    path("accounts/", include("allauth.account.urls")),
    path("api/", api.urls),
    path("", include("web.urls")),
]
