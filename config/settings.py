"""All settings of Padan, read from the environment (see .env.example)."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

from config import redis_urls
from core import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

DEBUG = env.bool("DEBUG", default=False)
# A released image is built once and run anywhere: nothing is made up for it.
RELEASE = env.bool("RELEASE", default=False)


def _required(name: str, remedy: str) -> str:
    """Read what a release must be given; elsewhere an empty answer is fine."""
    value = env.str(name, default="")
    if RELEASE and not value:
        raise ImproperlyConfigured(f"{name} is missing: {remedy}")
    return value


SECRET_KEY = _required("SECRET_KEY", "give a long random text that never changes.") or embedded.local_secret_key(
    BASE_DIR
)
_required("ALLOWED_HOSTS", "name the host names of this site, divided by commas.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "ninja",
    "rules.apps.AutodiscoverRulesConfig",
    "pgtrigger",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "core",
    "accounts",
    "asn",
    "partners",
    "mentors",
    "matching",
    "placements",
    "incentives",
    "web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.problems.ProblemMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.policy.PolicyMiddleware",
    "web.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Named first, so that our sign-in pages win over those of allauth.
        "DIRS": [BASE_DIR / "web" / "templates"],
        "OPTIONS": {
            # Both packages would set the loaders by themselves, the second undoing the first.
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        ),
                    ],
                ),
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "web.templatetags.sending",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "web.context.page",
            ],
        },
    },
]
# A component sees what it is given and the context processors, never the page around it.
COTTON_DIR = "components"
COTTON_ISOLATE_BY_DEFAULT = True
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Data ------------------------------------------------------------------------

EMBEDDED_POSTGRES = not _required("DATABASE_URL", "postgresql://user:password@host:5432/padan.")
EMBEDDED_VALKEY = not _required("REDIS_URL", "redis://host:6379/0.")
DATABASE_URL = env.str("DATABASE_URL", default="") or embedded.database_url(BASE_DIR)
REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url(BASE_DIR)
DATABASES = {"default": Env().dj_db_url("", default=DATABASE_URL, conn_max_age=60)}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Rate limits count in the default cache and sessions live in the database, so
# that signing in works while Redis is away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        # One entry per account and address: fewer would let a crowd push out the counts of a guesser.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "redis": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_urls.database(REDIS_URL, 1),
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Tasks -----------------------------------------------------------------------

CELERY_BROKER_URL = redis_urls.broker(REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = "padan"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 10 * 60
CELERY_TASK_TIME_LIMIT = 11 * 60
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than any task may run, or the broker would hand it to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60 * 60,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
# A page must not hang on the queue: the outbox row is written, the sweep resends.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Jakarta"

# Who may come in ---------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Padan] "
SESSION_COOKIE_AGE = 12 * 60 * 60

# Headers -----------------------------------------------------------------------

# True behind TLS: cookies only over https, and browsers are told to stay there.
HTTPS = env.bool("HTTPS", default=RELEASE)
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
# Entering the browsers' preload list is a decision about a whole domain, not ours.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
# The language outlives the session; sign-in sets it from the account.
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}

# Words and files -----------------------------------------------------------------

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True
# 2.508 in Indonesian, 2,508 in English; addresses and form fields stay plain.
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
if RELEASE:
    STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = not RELEASE
WHITENOISE_AUTOREFRESH = DEBUG
_static = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if RELEASE
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static},
}
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / ".padan" / "media")
# Where the compiled part of the matching engine is kept; numba reads this when a worker first needs it.
os.environ["NUMBA_CACHE_DIR"] = str(env.path("NUMBA_CACHE_DIR", default=BASE_DIR / ".padan" / "numba"))
# Keys that sign certificates: never among the code, the database or its backups.
_required("SIGNING_KEYS", "the folder of the keys that sign certificates, such as /etc/padan/keys.")
SIGNING_KEYS = env.path("SIGNING_KEYS", default=BASE_DIR / ".padan" / "keys")
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Mail ------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    _mail = env.dj_email_url("EMAIL_URL")
    if "EMAIL_BACKEND" not in _mail:
        raise ImproperlyConfigured("EMAIL_URL must begin with smtp:// or submission:// (the latter with TLS).")
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST = _mail["EMAIL_HOST"]
    EMAIL_PORT = _mail["EMAIL_PORT"]
    EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = BASE_DIR / ".padan" / "mail"
EMAIL_TIMEOUT = 10
# Where people reach this site: for links in mails, which no request brings about.
SITE_URL = (_required("SITE_URL", "the address of this site, https://…") or "http://localhost:8000").rstrip("/")
MAIL_ID_DOMAIN = urlsplit(SITE_URL).hostname or "localhost"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Padan <noreply@localhost>")

# Logs ------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"masked": {"()": "core.logs.MaskedFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "masked"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.log_level("LOG_LEVEL", default=logging.INFO),
    },
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}

# Padan's own seams -------------------------------------------------------------------

# How many people one task of a matching run ranks at a time: a killed worker costs as much.
MATCH_SHARD_SIZE = env.int("MATCH_SHARD_SIZE", default=5000, validate=validate.Range(min=1, max=50_000))
OUTBOX_WIRING = "config.wiring.HANDLERS"
# False where nobody answers the doorbell, as in tests that drain the outbox themselves.
OUTBOX_RING = env.bool("OUTBOX_RING", default=True)
ROLE_LOOKUP = "accounts.roles.roles_of"
API_NAMESPACE = "api"
# How fast one account may ask the API: programs in all they do, people in what they write. Empty: no limit.
API_RATE = env.str("API_RATE", default="600/m")
# How often one address may ask whether a certificate is genuine.
VERIFY_RATE = env.str("VERIFY_RATE", default="30/m")
# How often one address may open or use links from mails, and how often it may register.
LINK_RATE = env.str("LINK_RATE", default="30/m")
REGISTER_RATE = env.str("REGISTER_RATE", default="20/h")
# Views of libraries cannot carry @policy; their doors are listed here by route name.
ROUTE_POLICIES = {
    "account_login": ["public"],
    "account_confirm_login_code": ["public"],
    "account_logout": ["signed_in"],
    "account_signup": ["public"],
    "account_inactive": ["public"],
    "account_reauthenticate": ["signed_in"],
    "account_email": ["signed_in"],
    "account_confirm_email": ["public"],
    "account_email_verification_sent": ["public"],
    "account_change_password": ["signed_in"],
    "account_set_password": ["signed_in"],
    "account_reset_password": ["public"],
    "account_reset_password_done": ["public"],
    "account_reset_password_from_key": ["public"],
    "account_reset_password_from_key_done": ["public"],
}
