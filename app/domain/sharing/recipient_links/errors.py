"""How a recipient is refused."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry, Unauthenticated


class LinkNotFound(NotFound):
    code = "link_not_found"
    title = "This link opens nothing, or nothing any more."
    advice = "Ask the school that sent it. A newer message may have another link."


class LinkExpired(Forbidden):
    code = "link_expired"
    title = "The time to read this is over."
    advice = "Ask the school to send it again."


class LinkLocked(Forbidden):
    code = "link_locked"
    title = "Too many wrong codes: this link is locked."
    advice = "Ask the school for a new code: POST /v1/shared/{token}/code-requests."


class LinkStopped(Forbidden):
    code = "link_stopped"
    title = "The school has to look at this again before it can be read."
    advice = "Speak to the school."


class CodeRefused(Forbidden):
    code = "code_refused"
    title = "That is not the code, or it was used already."
    advice = "Type the eight digits that the school gave you, or ask it for a new code."
    retry = Retry.CHANGED


class RecipientSessionOver(Unauthenticated):
    code = "recipient_session_over"
    title = "This session has ended, or is not this link's."
    advice = "Look at the link again; a new session needs a new code."


class LinkMissing(Conflict):
    code = "link_missing"
    title = "No link works now."
    advice = "Send it first."
    retry = Retry.SAME


class SharedFileNotFound(NotFound):
    code = "shared_file_not_found"
    title = "There is no file of this number in what was sent."
    advice = "The content lists every file with its number."


class SharedFileStopped(Conflict):
    code = "shared_file_stopped"
    title = "This file is stopped: opening it may do harm."
    advice = (
        "Speak to the school. If you opened it before, ask the person in charge of your computer."
    )


class SharedFileLost(NotFound):
    code = "shared_file_lost"
    title = "The school no longer has this file."
    advice = "The content still says its name, size and SHA-256. Ask the school for a copy."
