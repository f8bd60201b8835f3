"""Ground floor: base models, audit trail, outbox and stored files."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django_fsm import FSMField


class StateField(FSMField):  # type: ignore[misc]
    """Where a life stands: changed by the transitions of its model only.

    Migrations know it as plain text. Every FSMField of every state that a migration passes through would stay connected
    to a signal and be asked again for each model rendered after it: preparing a database took eight times as long.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"protected": True} | kwargs))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("protected", None)
        return name, "django.db.models.CharField", args, kwargs


def paired(*fields: str, name: str) -> models.CheckConstraint:
    """Fields that are set together or not at all, such as *who* and *when*."""
    unset, present = Q(), Q()
    for field in fields:
        unset &= Q(**{f"{field}__isnull": True})
        present &= Q(**{f"{field}__isnull": False})
    return models.CheckConstraint(condition=unset | present, name=name)


def ordered(start: str, end: str, *, name: str) -> models.CheckConstraint:
    """A period that does not end before it begins."""
    return models.CheckConstraint(condition=Q(**{f"{end}__gte": F(start)}), name=name)


class BaseModel(models.Model):
    """A row with an unguessable key and its times."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class TenantModel(BaseModel):
    """A row that belongs to exactly one agency.

    ``core.tenancy.EnforceTenancy`` (last operation of each room's migration) adds
    ``UNIQUE (id, agency_id)`` and turns every foreign key to another tenant row into one that
    includes ``agency_id``, so that a row cannot point across agencies.
    """

    agency = models.ForeignKey("asn.Agency", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class AuditHead(models.Model):
    """Last link of one chain of audit rows; locked last of all locks."""

    chain = models.CharField(max_length=40, primary_key=True)
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.chain} #{self.sequence}"


class AuditEvent(models.Model):
    """One change: who did what to which row, before and after. Insert-only, chained by hash."""

    id = models.BigAutoField(primary_key=True)
    chain = models.CharField(max_length=40, help_text="Agency id, or 'global'.")
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=True,
    )
    actor_label = models.CharField(max_length=80, help_text="Role word of the actor, or 'system'.")
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=64)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("chain", "sequence")
        constraints = (models.UniqueConstraint(fields=("chain", "sequence"), name="audit_one_per_sequence"),)
        indexes = (models.Index(fields=("object_type", "object_id"), name="audit_object_idx"),)
        triggers: ClassVar = [
            pgtrigger.Protect(name="audit_insert_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.chain} #{self.sequence} {self.action}"


class OutboxEvent(models.Model):
    """A fact announced in the transaction that made it true."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    key = models.CharField(max_length=160, unique=True, help_text="Same fact, same key: announced once.")
    payload = models.JSONField(default=dict, help_text="Ids only; never personal data.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key


class OutboxDelivery(models.Model):
    """One handler's copy of an event; done in the transaction of the handler's effect."""

    MAX_ATTEMPTS = 5

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("event", "handler"), name="outbox_one_delivery_per_handler"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(parked_at__isnull=True),
                name="outbox_done_or_parked",
            ),
        )
        indexes = (
            models.Index(
                fields=("available_at",),
                condition=Q(done_at__isnull=True, parked_at__isnull=True),
                name="outbox_pending_idx",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_id} -> {self.handler}"


class KeptAnswer(BaseModel):
    """What a request with a key was answered, written in the transaction of its effect (core.once).

    ``sealed`` may hold personal data. It is scrubbed with its row after 48 hours and can be read by nobody but the
    sender: it is encrypted under the key that the sender chose, of which only a digest is kept.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, help_text="Keyed digest of what the sender called this request.")
    request = models.CharField(max_length=64, help_text="Keyed digest of method, address and body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Null only while the first is under way.")
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("actor", "key"), name="answer_once_a_key"),
            paired("status", "sealed", name="answer_paired"),
        )
        indexes = (models.Index(fields=("created_at",), name="answer_created_idx"),)

    def __str__(self) -> str:
        return f"{self.actor_id} {self.status}"


class AccessLink(BaseModel):
    """A way in for one person by a link in a mail (core.links); of its token only the SHA-256 is kept."""

    purpose = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=80, help_text="Model of what the link leads to.")
    subject_id = models.CharField(max_length=64)
    email = models.EmailField(blank=True, help_text="For whom it is, where that is no user yet.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null when it was used without signing in.",
    )
    revoked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(email="") | Q(user__isnull=False), name="link_for_somebody"),
            models.CheckConstraint(
                condition=Q(used_by__isnull=True) | Q(used_at__isnull=False), name="link_used_by_when_used"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(revoked_at__isnull=True), name="link_used_or_revoked"
            ),
        )
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="link_subject_idx"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.subject_id}"

    def is_for(self, user: Any) -> bool:
        """Whether this signed-in user is the one it was sent to."""
        if self.user_id is not None:
            return bool(self.user_id == user.pk)
        return bool(self.email.lower() == user.email.lower())


class StoredFile(BaseModel):
    """An uploaded document: checked by content, kept under a random name, served as attachment."""

    agency = models.ForeignKey("asn.Agency", null=True, on_delete=models.PROTECT, related_name="+")
    content = models.FileField(upload_to="stored/%Y/%m")
    title = models.CharField(max_length=160)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(size__gt=0) & Q(size__lte=10 * 1024 * 1024),
                name="file_size_within_limit",
            ),
        )

    def __str__(self) -> str:
        return self.title
