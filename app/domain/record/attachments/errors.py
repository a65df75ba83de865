"""What can be wrong with a file."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class FileRefused(Invalid):
    code = "file_refused"
    title = "This file cannot be kept."
    advice = "`errors` says why; send a PDF, picture, office document, text, sound or film."


class AttachmentQuarantined(Conflict):
    code = "attachment_quarantined"
    title = "This file has not been looked at for malware yet."
    advice = "Wait for `attachment.scanned` or ask again in a minute; nobody can open it before."
    retry = Retry.LATER


class AttachmentHeld(Conflict):
    code = "attachment_held"
    title = "This file is held back: opening it may do harm."
    advice = "Nobody can open it here. Ask for the file in another form from its sender."


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"
    title = "There is no such attachment."
