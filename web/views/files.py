"""Stored documents, as attachments, for those who see what they belong to."""

from __future__ import annotations

import uuid

from django.db.models import Q
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from accounts.roles import Role
from core.models import StoredFile
from core.policy import policy
from core.rows import find
from partners.permissions import visible_agreements
from placements.permissions import visible_placements
from web.pages import user_of


@policy(Role.SIGNED_IN)
@require_safe
def download(request: HttpRequest, file_id: uuid.UUID) -> FileResponse:
    """The letter of a placement or the document of an agreement that the reader sees; anything else is missing."""
    user = user_of(request)
    letters = visible_placements(user).values("letter_file")
    documents = visible_agreements(user).values("file")
    stored = find(StoredFile.objects.filter(Q(pk__in=letters) | Q(pk__in=documents)), file_id)
    response = FileResponse(
        stored.content.open("rb"), as_attachment=True, filename=stored.title, content_type=stored.media_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
