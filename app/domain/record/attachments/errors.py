"""Errors of requests about files."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


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
