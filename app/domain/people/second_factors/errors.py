"""How a second factor can be refused."""

from app.domain.errors import Conflict, FieldProblem, Invalid, Retry, Unauthenticated


class OtpNeeded(Unauthenticated):
    code = "otp_needed"
    title = "This account also needs a code from its authenticator app."
    advice = "Repeat the request with `otp`: the present code, or one of the recovery codes."
    retry = Retry.CHANGED


class OtpRefused(Unauthenticated):
    code = "otp_refused"
    title = "The code is wrong, too old, or was used already."
    advice = "Wait for the next code of the app; each works once. Check the clock of the phone."
    retry = Retry.CHANGED


class CodeWrong(Invalid):
    code = "code_wrong"
    title = "The code is wrong, too old, or was used already."
    advice = "Wait for the next code of the app; each works once. Check the clock of the phone."

    def __init__(self) -> None:
        super().__init__(problems=[FieldProblem("/code", "wrong", "This is not the code.")])


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    title = "No authenticator app waits to be confirmed."
    advice = "Begin with POST /v1/me/totp."


class FactorMissing(Conflict):
    code = "factor_missing"
    title = "You have no second factor of this kind."
    advice = "Enrol one first with POST /v1/me/totp or a passkey."
    retry = Retry.SAME


class FactorKept(Conflict):
    code = "factor_kept"
    title = "Your role needs a second factor, and this is the last one."
    advice = "Add another one first, then remove this one."
    retry = Retry.SAME
