"""Facts this room announces."""

NOTIFICATION_CREATED = "web.notification_created"
