"""How a wish to sign in, or to change how one does, can be refused."""

from collections.abc import Sequence
from typing import Any

from app.domain.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, Unauthenticated


class CredentialsRefused(Unauthenticated):
    code = "credentials_refused"
    title = "The e-mail address or the password is wrong."
    advice = "Check both; after several wrong passwords an address has to wait."


class OtpNeeded(Unauthenticated):
    code = "otp_needed"
    title = "This account also needs a code from its authenticator app."
    advice = "Repeat the request with `otp`: the present code, or one of the recovery codes."


class OtpRefused(Unauthenticated):
    code = "otp_refused"
    title = "The code is wrong, too old, or was used already."
    advice = "Wait for the next code of the app; each works once. Check the clock of the phone."


class PasskeyRefused(Unauthenticated):
    code = "passkey_refused"
    title = "The passkey did not prove who you are."
    advice = "Ask for new options and try again; each challenge works once, for five minutes."


class RefreshRefused(Unauthenticated):
    code = "refresh_refused"
    title = "This refresh token is not valid any more."
    advice = "Sign in again."


class MembershipMissing(Forbidden):
    code = "membership_missing"
    title = "You have no membership that matches."
    advice = "Ask the school's administrator for a role, or leave organisation_id and role out."


class MembershipChoiceNeeded(Invalid):
    code = "membership_choice_needed"
    title = "You have several roles: say which with organisation_id and role."
    advice = "Repeat the request with one of the `memberships` listed."

    def __init__(self, choices: Sequence[dict[str, str]]) -> None:
        super().__init__(
            problems=[FieldProblem("/organisation_id", "choice_needed", "Choose a membership.")]
        )
        self.extra: dict[str, Any] = {"memberships": list(choices)}


PASSWORD_REASONS = {
    "too_short": "Use at least 12 characters; a phrase works well.",
    "too_long": "Use fewer characters than this.",
    "common": "This is among the passwords that are tried first, or a variant of one.",
    "guessable": "This could be guessed: make it longer or less regular.",
    "personal": "This is made of your name, your address or your school's name.",
}


class PasswordUnsuitable(Invalid):
    code = "password_unsuitable"
    title = "The new password is not suitable."
    advice = "Use 12 to 256 characters that are neither common nor about you."

    def __init__(self, reason: str) -> None:
        super().__init__(problems=[FieldProblem("/new_password", reason, PASSWORD_REASONS[reason])])


class CurrentPasswordWrong(Invalid):
    code = "current_password_wrong"
    title = "The current password is wrong."
    advice = "Check it, or ask for a link with POST /v1/auth/password-reset."

    def __init__(self) -> None:
        super().__init__(
            problems=[FieldProblem("/current_password", "wrong", "This is not the password.")]
        )


class LinkInvalid(Invalid):
    code = "link_invalid"
    title = "This link was used already or is too old."
    advice = "Ask for a new one."


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


class FactorKept(Conflict):
    code = "factor_kept"
    title = "Your role needs a second factor, and this is the last one."
    advice = "Add another one first, then remove this one."


class PasskeyInvalid(Invalid):
    code = "passkey_invalid"
    title = "The new passkey could not be verified."
    advice = "Ask for new options and try again; each challenge works once, for five minutes."


class TooManyPasskeys(Conflict):
    code = "too_many_passkeys"
    title = "You have as many passkeys as one account can have."
    advice = "Remove one that you no longer use."


class PasskeyNotFound(NotFound):
    code = "passkey_not_found"
    title = "There is no such passkey of yours."


class SessionNotFound(NotFound):
    code = "session_not_found"
    title = "There is no such session of yours that is still going."


class ProofNeeded(Invalid):
    code = "proof_needed"
    title = "Send what your account can be proved with."
    advice = "One of `otp`, `credential` or, without any second factor, `password`."


class ProofRefused(Invalid):
    code = "proof_refused"
    title = "This does not prove who you are."
    advice = "Check it; a code or a challenge that was used already needs a new one."

    def __init__(self, field: str) -> None:
        super().__init__(problems=[FieldProblem(f"/{field}", "wrong", "This is not right.")])


class WorksElsewhere(Conflict):
    code = "works_elsewhere"
    title = "This person also works in another organisation."
    advice = "They use a recovery code, or the operator resets their second factor."
