"""The map of all doors."""

from django.urls import URLPattern, URLResolver, path

from accounts.roles import Role
from core.health import health
from core.policy import policy

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", policy(Role.PUBLIC)(health), name="health"),
]
