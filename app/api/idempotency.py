"""Reads the idempotency key of a request and replays the saved answer."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from app.api.problems import IdempotencyKeyInvalid, IdempotencyKeyReused
from app.db.repositories.idempotency import KeptAnswer
from app.db.unit_of_work import UnitOfWork

KEPT_HEADERS = ("content-type", "etag", "location", "preference-applied")
REPLAYED = "Idempotency-Replayed"


def key_of(request: Request) -> str | None:
    """The request's key, quoted as in the draft or bare; None without one.

    Ignored for a GET: a saved answer would show a record again without a trace.
    """
    header = request.headers.get("idempotency-key")
    if header is None or request.method == "GET":
        return None
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid
    return key


def fingerprint_of(request: Request, role: str, body_digest: bytes) -> bytes:
    """SHA-256 of the request: role, method, address, content type, version and body.

    Only the version in an ETag counts: the rest may change each time the record is read.
    """
    parts = (
        role,
        request.method,
        request.url.path,
        request.url.query,
        request.headers.get("content-type", "").split(";")[0],
        request.headers.get("if-match", "").strip('"').partition("-")[0],
    )
    return hashlib.sha256("\n".join(parts).encode() + body_digest).digest()


async def replay_of(work: UnitOfWork, key: str, fingerprint: bytes) -> Response | None:
    """The answer that the first request with the key got; None if this is the first.

    Raises `IdempotencyKeyReused`.
    """
    if work.is_first:
        return None
    answer = await work.idempotency.kept(key)
    if answer.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    await work.idempotency.touch_log(key)
    return _replayed(answer)


def keep(work: UnitOfWork, key: str, response: Response) -> None:
    """Save the answer for replays, in the same transaction."""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    work.keep_answer(key, response.status_code, headers, bytes(response.body))


def is_replay(response: Response) -> bool:
    """Whether an answer is the saved one of an earlier request."""
    return REPLAYED in response.headers


def _replayed(kept_answer: KeptAnswer) -> Response:
    headers = {**kept_answer.headers, REPLAYED: "true"}
    return Response(kept_answer.body, status_code=kept_answer.status, headers=headers)
