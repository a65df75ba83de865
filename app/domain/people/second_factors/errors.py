"""Refusals of second factors."""

from app.domain.errors import Conflict, FieldProblem, Invalid, Retry, Unauthenticated


class OtpNeeded(Unauthenticated):
    code = "otp_needed"
    title = "This account also needs a code from its authenticator app."
    advice = "Send it again with `otp`: the code the app shows now, or a recovery code."
    retry = Retry.CHANGED


class OtpRefused(Unauthenticated):
    code = "otp_refused"
    title = "The code is wrong, too old or already used."
    advice = "Wait for the next code in the app: each works once. Check your phone's clock."
    retry = Retry.CHANGED


class CodeWrong(Invalid):
    code = "code_wrong"
    title = "The code is wrong, too old or already used."
    advice = "Wait for the next code in the app: each works once. Check your phone's clock."

    def __init__(self) -> None:
        super().__init__(problems=[FieldProblem("/code", "wrong", "This is not the code.")])


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    title = "You have no authenticator app to confirm."
    advice = "Start with POST /v1/me/totp."


class FactorMissing(Conflict):
    code = "factor_missing"
    title = "You have no second factor of this kind."
    advice = "Add one first with POST /v1/me/totp, or add a passkey."
    retry = Retry.SAME


class FactorKept(Conflict):
    code = "factor_kept"
    title = "Your role needs a second factor, and this is your last one."
    advice = "Add another one first, then remove this one."
    retry = Retry.SAME
