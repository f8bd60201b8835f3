"""Stored documents, as attachments, for those who see what they belong to."""

from __future__ import annotations

import uuid

from django.db.models import Q
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from accounts.roles import Role
from asn.permissions import visible_corrections
from core.errors import NotFound
from core.models import StoredFile
from core.policy import policy
from core.rows import find
from partners.permissions import visible_agreements
from placements.permissions import (
    get_visible_certificate,
    get_visible_paper,
    inside_placements,
    visible_certificates,
    visible_milestone_reports,
    visible_papers,
)
from web import services
from web.pages import user_of


@policy(Role.SIGNED_IN)
@require_safe
def download(request: HttpRequest, file_id: uuid.UUID) -> FileResponse:
    """A document of something that the reader sees: a placement, an agreement, a correction, a milestone; else it is missing.

    The letter of a placement is for those inside the agency: it holds a NIP.
    """
    user = user_of(request)
    mine = (
        Q(pk__in=inside_placements(user).values("letter_file"))
        | Q(pk__in=visible_papers(user).values("file"))
        | Q(pk__in=visible_certificates(user).values("file"))
        | Q(pk__in=visible_agreements(user).values("file"))
        | Q(pk__in=visible_corrections(user).values("evidence"))
        | Q(pk__in=visible_milestone_reports(user).values("file"))
    )
    return _attached(find(StoredFile.objects.filter(mine), file_id))


@policy(Role.SIGNED_IN)
@require_safe
def paper(request: HttpRequest, paper_id: uuid.UUID) -> FileResponse:
    """A letter or learning plan; one whose PDF no worker has made yet is made now."""
    row = get_visible_paper(user_of(request), paper_id)
    return _attached((row if row.file_id else services.make_paper(paper_id=row.pk)).file)


@policy(Role.SIGNED_IN)
@require_safe
def certificate(request: HttpRequest, certificate_id: uuid.UUID) -> FileResponse:
    """A certificate, likewise."""
    row = get_visible_certificate(user_of(request), certificate_id)
    if not row.key_id:  # issued before certificates were signed, and the operator has not signed it yet
        raise NotFound()
    return _attached((row if row.file_id else services.make_certificate(certificate_id=row.pk)).file)


def _attached(stored: StoredFile | None) -> FileResponse:
    if stored is None:
        raise NotFound()
    response = FileResponse(
        stored.content.open("rb"), as_attachment=True, filename=stored.title, content_type=stored.media_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
