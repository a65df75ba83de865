"""Refusals of guarded tries."""

from app.domain.errors import TooManyRequests


class SignInLocked(TooManyRequests):
    code = "sign_in_locked"
    title = "Too many wrong passwords; wait before trying again."
    advice = "Wait for the time given in Retry-After."
