"""Bearer tokens of one's own programs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from ninja.pagination import paginate

from accounts import services
from accounts.auth import SessionCookie, SignedInRequest
from accounts.models import ApiToken
from accounts.permissions import visible_tokens
from accounts.roles import Role
from accounts.schemas import NewTokenOut, TokenIn, TokenOut
from core.api import Pages
from core.policy import Router

router = Router(tags=["Tokens"])


@router.get("/tokens", policy=(Role.SIGNED_IN,), response=list[TokenOut])
@paginate(Pages)
def list_tokens(request: SignedInRequest) -> QuerySet[ApiToken]:
    """My tokens, newest first."""
    return visible_tokens(request.user).order_by("-created_at")


@router.post("/tokens", policy=(Role.SIGNED_IN,), response={201: NewTokenOut}, auth=SessionCookie())
def issue_token(request: SignedInRequest, data: TokenIn) -> dict[str, object]:
    """Issue a token. Only from a signed-in browser: a token that leaked must not be able to renew itself."""
    token, plain = services.issue_token(actor=request.user, label=data.label, days=data.days)
    return TokenOut.from_orm(token).model_dump() | {"token": plain}


@router.post("/tokens/{uuid:token_id}/revoke", policy=(Role.SIGNED_IN,), response=TokenOut)
def revoke_token(request: SignedInRequest, token_id: UUID) -> ApiToken:
    """Make a token of mine worthless at once."""
    return services.revoke_token(actor=request.user, token_id=token_id)
