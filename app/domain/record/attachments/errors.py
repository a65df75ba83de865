"""Errors of requests about files."""

from collections.abc import Mapping
from typing import Final

from app.domain.errors import Conflict, Invalid, NotFound, Retry

WHY_REFUSED: Final[Mapping[str, str]] = {
    "file_empty": "The file is empty: choose it again.",
    "file_type_not_allowed": "Cairn keeps no files of this kind: send a PDF or a picture.",
    "file_type_mismatch": "The name or the stated type does not fit the content: save the file "
    "again as what it is.",
    "file_type_unclear": "Cairn cannot tell which kind of office document it is: give its name "
    "its usual ending.",
    "file_disguised": "The file holds parts of a web page, which may run: save it as a PDF or a "
    "picture.",
    "file_not_text": "The file is not plain text in UTF-8: save it so, or as a PDF.",
    "file_container_broken": "The file is damaged: save it again.",
    "file_expands_too_much": "The file unpacks to far more than its size: save it as a PDF.",
    "file_encrypted": "The file is locked with a password: save it without one.",
    "file_has_macros": "The file holds macros: save it without them, or as a PDF.",
    "picture_too_large": "The picture has more than 64 million pixels: make it smaller.",
}
"""Why a file is refused and what to do, by code."""


class FileRefused(Invalid):
    code = "file_refused"
    title = "Cairn cannot accept this file."
    advice = (
        "See `errors` for the reason. Send a PDF, picture, office document, text, sound or film."
    )


class AttachmentQuarantined(Conflict):
    code = "attachment_quarantined"
    title = "This file has not been scanned for malware yet."
    advice = (
        "Wait for `attachment.scanned`, or try again in a minute. Nobody can open it until then."
    )
    retry = Retry.LATER


class AttachmentHeld(Conflict):
    code = "attachment_held"
    title = "This file is held back: opening it may do harm."
    advice = "Ask the sender for the file in another form. Nobody can open this one here."


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"
    title = "Cairn cannot find this attachment."
