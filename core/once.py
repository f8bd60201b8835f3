"""A request that is sent again does nothing again: its answer is kept beside its effect, in one transaction.

The sender names a request by a key of its own: programs in the header ``Idempotency-Key``, forms in a hidden field
(``web.sending``). Rivals with the same key queue at the unique (actor, key) until the first has committed, and get its
answer. A refusal has no effect, so it is not kept: the same key may be tried again (docs/adr/0008-sent-once.md).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.errors import Invalid
from core.models import KeptAnswer
from core.services import in_one_transaction

R = TypeVar("R")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_FOR = timedelta(hours=48)
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class KeyReused(Invalid):
    """The key has named another request; ``first`` is what that one was answered."""

    def __init__(self, first: Answer) -> None:
        super().__init__(code="idempotency_key_reused", field=HEADER)
        self.first = first


class Answer(NamedTuple):
    """What is kept: a status and whatever else the door needs to answer the same again."""

    status: int
    body: bytes


def once(
    *,
    actor: Any,
    key: str,
    request_digest: str,
    act: Callable[[], R],
    keep: Callable[[Any], Answer | None],
) -> tuple[R | None, Answer | None]:
    """(what ``act`` returned, None) for the first with this key; (None, the first one's answer) for any later.

    ``keep`` says what of the result is to be answered again; None when nothing was decided, and the key stays free.
    Raises KeyReused when the key named another request.
    """
    key_digest, seal = _digest("key", actor.pk, key), Fernet(_seal_key(actor.pk, key))

    def run() -> tuple[R | None, Answer | None]:
        row, is_first = _claim(actor, key_digest, request_digest)
        if not is_first:
            # a committed row has both
            first = Answer(row.status or 0, seal.decrypt(bytes(row.sealed or b"")))
            if row.request != request_digest:
                raise KeyReused(first)
            return None, first
        result = act()
        answer = keep(result)
        if answer is None:
            row.delete()
        else:
            row.status, row.sealed = answer.status, seal.encrypt(answer.body)
            row.save(update_fields=("status", "sealed", "updated_at"))
        return result, None

    return in_one_transaction(run)


def _claim(actor: Any, key: str, request_digest: str) -> tuple[KeptAnswer, bool]:
    """Our new row, or the one there is. The insert waits for a rival that has not yet committed."""
    while True:
        mine = KeptAnswer(actor=actor, key=key, request=request_digest)
        KeptAnswer.objects.bulk_create([mine], ignore_conflicts=True)
        row = KeptAnswer.objects.filter(actor=actor, key=key).first()
        if row is not None:  # else the sweep took it between the two
            return row, row.pk == mine.pk


def forget(*, now: datetime | None = None) -> int:
    """Scrub the answers kept long enough; returns how many."""
    return KeptAnswer.objects.filter(created_at__lt=(now or timezone.now()) - KEPT_FOR).delete()[0]


def digest_of(request: HttpRequest, *, without: Iterable[str] = ()) -> str:
    """Which request this is: method, address and body, but for the fields ``without``.

    The parts of a form are read one by one: the line between them is another each time it is sent.
    """
    if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        left_out = set(without)
        fields = [(name, values) for name, values in sorted(request.POST.lists()) if name not in left_out]
        files = [
            (name, [(file.name, _file_digest(file)) for file in given]) for name, given in sorted(request.FILES.lists())
        ]
        body = repr((fields, files))
    else:
        body = hashlib.sha256(request.body).hexdigest()
    return _digest("request", request.method, request.get_full_path(), body)


def _file_digest(file: Any) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _digest(purpose: str, *parts: object) -> str:
    return str(_hmac(purpose, *parts).hexdigest())


def _seal_key(*parts: object) -> bytes:
    return base64.urlsafe_b64encode(_hmac("seal", *parts).digest())


def _hmac(purpose: str, *parts: object) -> Any:
    # keyed, for a body may hold little more than a NIP, and a plain digest of one is soon guessed
    return salted_hmac(f"core.once.{purpose}", repr(parts), secret=settings.SECRET_KEY, algorithm="sha256")


def answer_once(request: HttpRequest, view: Callable[[], Any]) -> Any:
    """An operation of the API that writes: as it is without the header, once with it."""
    key = request.headers.get(HEADER)
    if key is None:
        return view()
    if not _KEY.fullmatch(key):
        raise Invalid("idempotency_key_invalid", field=HEADER)
    operation = request.operation  # type: ignore[attr-defined]

    def respond() -> HttpResponse:
        # shaped inside the transaction: what is answered is what was written with it
        response: HttpResponse = operation._result_to_response(
            request, view(), HttpResponse(content_type="application/json; charset=utf-8")
        )
        return response

    def keep(made: HttpResponse) -> Answer:
        return Answer(made.status_code, made.content)

    response, kept = once(
        actor=request.user,
        key=key,
        request_digest=digest_of(request),
        act=respond,
        keep=keep,
    )
    if kept is None:
        return response
    return HttpResponse(
        kept.body, status=kept.status, content_type="application/json; charset=utf-8", headers={REPLAYED: "true"}
    )
