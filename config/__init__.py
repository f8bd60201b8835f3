"""The outermost room: settings, addresses, and which event wakes which task."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
