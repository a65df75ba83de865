"""Refusals of passkeys."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry, Unauthenticated


class PasskeyRefused(Unauthenticated):
    code = "passkey_refused"
    title = "The passkey did not prove who you are."
    advice = "Ask for new options and try again; each challenge works once, for five minutes."
    retry = Retry.CHANGED


class PasskeyInvalid(Invalid):
    code = "passkey_invalid"
    title = "The new passkey could not be verified."
    advice = "Ask for new options and try again; each challenge works once, for five minutes."


class TooManyPasskeys(Conflict):
    code = "too_many_passkeys"
    title = "Your account already has the maximum number of passkeys."
    advice = "Remove one that you no longer use."
    retry = Retry.SAME


class PasskeyNotFound(NotFound):
    code = "passkey_not_found"
    title = "Cairn cannot find this passkey among yours."
