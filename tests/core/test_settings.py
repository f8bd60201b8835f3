"""Settings of a release, read in a process of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

RELEASE = {
    "RELEASE": "1",
    "SECRET_KEY": "a long text that nobody has seen before, 0123456789 and more",
    "ALLOWED_HOSTS": "padan.example.go.id",
    "SITE_URL": "https://padan.example.go.id/",
    "DATABASE_URL": "postgresql://padan:s%40cret@db.example:5433/padan",
    "SIGNING_KEYS": "/etc/padan/keys",
    "REDIS_URL": "redis://:secret@queue.example:6379/2",
    "EMAIL_URL": "submission://user:s%40cret@mail.example:587",
}


def manage(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"} | variables
    return subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def read(names: list[str], **variables: str) -> dict[str, object]:
    code = f"import json; from config import settings; print(json.dumps({{n: getattr(settings, n) for n in {names}}}))"
    return json.loads(manage("-c", code, **variables).stdout)


def test_a_release_is_safe_to_deploy() -> None:
    found = manage("manage.py", "check", "--deploy", "--fail-level", "WARNING", **RELEASE)
    assert found.returncode == 0, found.stderr


def test_a_release_takes_its_addresses_from_the_environment() -> None:
    found = read(
        ["DATABASES", "CELERY_BROKER_URL", "CACHES", "EMAIL_HOST", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS"], **RELEASE
    )
    database = found["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["PASSWORD"]) == ("db.example", 5433, "s@cret")
    assert found["CELERY_BROKER_URL"] == "redis://:secret@queue.example:6379/2"
    assert found["CACHES"]["redis"]["LOCATION"] == "redis://:secret@queue.example:6379/3"
    assert found["CACHES"]["default"]["BACKEND"].endswith("DatabaseCache")
    assert (found["EMAIL_HOST"], found["EMAIL_HOST_PASSWORD"], found["EMAIL_USE_TLS"]) == (
        "mail.example",
        "s@cret",
        True,
    )


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL", "SIGNING_KEYS"]
)
def test_a_release_misses_nothing_silently(missing: str) -> None:
    found = manage("manage.py", "check", **(RELEASE | {missing: ""}))
    assert found.returncode == 1
    assert found.stderr.startswith(f"Settings: {missing} is missing: ")


def test_a_mail_address_of_no_known_kind_is_told() -> None:
    found = manage("manage.py", "check", EMAIL_URL="http://mail.example")
    assert found.stderr.startswith("Settings: EMAIL_URL must begin with smtp://")


def test_nothing_unsafe_is_allowed_by_the_content_policy() -> None:
    words = {word for value in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].values() for word in value}
    assert words <= {"'none'", "'self'", "data:"}


def test_the_example_names_every_variable_that_is_read() -> None:
    source = (settings.BASE_DIR / "config" / "settings.py").read_text()
    read_names = set(re.findall(r'(?:env\.\w+|_required)\(\s*"([A-Z_]+)"', source))
    assert {"DEBUG", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"} <= read_names
    example = (settings.BASE_DIR / ".env.example").read_text()
    documented = {line[1:].split("=")[0] for line in example.splitlines() if line.startswith("#") and "=" in line}
    assert read_names - {"OUTBOX_RING"} - documented == set()
