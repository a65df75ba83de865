"""Refusals to recipients."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry, Unauthenticated


class LinkNotFound(NotFound):
    code = "link_not_found"
    title = "This link does not work, or no longer works."
    advice = "Look for a newer message with another link, or ask the school that sent it."


class LinkExpired(Forbidden):
    code = "link_expired"
    title = "The time to read this has run out."
    advice = "Ask the school to send it again."


class LinkLocked(Forbidden):
    code = "link_locked"
    title = "Too many wrong codes: this link is locked."
    advice = "Ask the school for a new code: POST /v1/shared/{token}/code-requests."


class LinkStopped(Forbidden):
    code = "link_stopped"
    title = "The school has to look at this again before you can read it."
    advice = "Speak to the school."


class CodeRefused(Forbidden):
    code = "code_refused"
    title = "That code is wrong, or has already been used."
    advice = "Type the eight digits that the school gave you, or ask it for a new code."
    retry = Retry.CHANGED


class RecipientSessionOver(Unauthenticated):
    code = "recipient_session_over"
    title = "This session has ended, or belongs to another link."
    advice = "Open the link again. You need a new code."


class LinkMissing(Conflict):
    code = "link_missing"
    title = "There is no working link."
    advice = "Send it to the recipient first."
    retry = Retry.SAME


class SharedFileNotFound(NotFound):
    code = "shared_file_not_found"
    title = "Nothing that was sent has this file number."
    advice = "Look in the content: it lists every file with its number."


class SharedFileStopped(Conflict):
    code = "shared_file_stopped"
    title = "This file is stopped: opening it may do harm."
    advice = (
        "Speak to the school. If you opened it before, ask the person in charge of your computer."
    )


class SharedFileLost(NotFound):
    code = "shared_file_lost"
    title = "The school no longer has this file."
    advice = "Ask the school for a copy. The content still shows its name, size and SHA-256."
