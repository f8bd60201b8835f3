"""The one variant of the settings: quick passwords, mail kept in memory, a silent doorbell."""

import os

from config import redis_urls
from config.settings import *  # noqa: F403
from config.settings import BASE_DIR, CACHES, DATABASES, REDIS_URL

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATABASES["default"]["CONN_MAX_AGE"] = 0
SIGNING_KEYS = BASE_DIR / ".padan" / "test-keys"
OUTBOX_RING = os.environ.get("OUTBOX_RING") == "1"

# Parallel test processes share a server, and each has databases of its own.
_step = 2 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = redis_urls.database(REDIS_URL, _step)
CELERY_BROKER_URL = redis_urls.broker(REDIS_URL)
CACHES["redis"]["LOCATION"] = redis_urls.database(REDIS_URL, 1)
