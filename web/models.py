"""What people are told."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.models import BaseModel


class Notification(BaseModel):
    """One message to one user about one event; the sentence is made from ``code`` when it is read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    event_key = models.CharField(max_length=160)
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict, help_text="Titles and dates; never a NIP.")
    url = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True)
    emailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=("user", "event_key", "code"), name="notification_once"),)
        indexes = (models.Index(fields=("user", "read_at"), name="notification_unread_idx"),)

    def __str__(self) -> str:
        return f"{self.code} → {self.user_id}"
