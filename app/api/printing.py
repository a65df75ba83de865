"""Answers PDFs, made or read after the transaction and checked against their hash."""

import base64
import hashlib
from collections.abc import Awaitable, Callable

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.drafts import HEADER
from app.domain.errors import ServiceUnavailable
from app.domain.sharing.document_jobs.commands import Result
from app.domain.sharing.documents.commands import Printing, typeset
from app.integrations.storage import Storage, StorageError

log = structlog.get_logger()
PDF = "application/pdf"
Make = Callable[[], Awaitable[bytes]]


class Later(Response):
    """A file made after the transaction, so that typesetting holds no connection.

    It sends nothing before the file is complete, so a failure still becomes a problem document.
    """

    def __init__(self, make: Make, file_name: str, language: str) -> None:
        super().__init__(None, 200, media_type=PDF)
        self._make = make
        self._file_name = file_name
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the file, then send it."""
        made = await self._make()
        digest = base64.b64encode(hashlib.sha256(made).digest()).decode()
        headers = {
            "Cache-Control": "no-store",
            "Content-Digest": f"sha-256=:{digest}:",
            "Content-Disposition": f'attachment; filename="{self._file_name}"',
            "Content-Language": self._language,
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        headers |= {HEADER: self.headers[HEADER]} if HEADER in self.headers else {}
        await Response(made, 200, headers, PDF)(scope, receive, send)


def printed(printing: Printing, language: str = "en") -> Response:
    """Typeset a document as a download whose file name contains no person's name."""

    async def make() -> bytes:
        return await typeset(printing.template, printing.content, language=language)

    return Later(make, f"{printing.template}-{printing.reference}.pdf", language)


def fetched(storage: Storage, result: Result) -> Response:
    """Send a finished document from the store."""

    async def make() -> bytes:
        try:
            made = b"".join([piece async for piece in await storage.get(result.key)])
        except StorageError as away:
            log.error("document.not_readable", kind=type(away).__name__)
            raise ServiceUnavailable("The file cannot be read at the moment.") from away
        if hashlib.sha256(made).hexdigest() != result.sha256:
            log.error("document.damaged")
            raise ServiceUnavailable("The file was damaged in the store.")
        return made

    return Later(make, f"chronology-{result.reference}.pdf", "en")
