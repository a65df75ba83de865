"""Refusals to change a password."""

from app.domain.errors import FieldProblem, Invalid, Retry

PASSWORD_REASONS = {
    "too_short": "Use at least 12 characters; a phrase works well.",
    "too_long": "Use fewer characters than this.",
    "common": "This is one of the first passwords that thieves try, or very like one.",
    "guessable": "This could be guessed: make it longer, or harder to predict.",
    "personal": "This is based on your name, your address or your school's name.",
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
    title = "This link has already been used, or is too old."
    advice = "Ask for a new one."
    retry = Retry.NO
