"""Refusals to sign in."""

from collections.abc import Sequence
from typing import Any

from app.domain.errors import FieldProblem, Forbidden, Invalid, NotFound, Retry, Unauthenticated


class CredentialsRefused(Unauthenticated):
    code = "credentials_refused"
    title = "The email address or the password is wrong."
    advice = "Check both. After several wrong passwords you have to wait."
    retry = Retry.CHANGED


class RefreshRefused(Unauthenticated):
    code = "refresh_refused"
    title = "This refresh token is no longer valid."
    advice = "Sign in again."
    retry = Retry.NO


class MembershipMissing(Forbidden):
    code = "membership_missing"
    title = "You have no role that matches."
    advice = "Ask the school's administrator for a role, or leave out organisation_id and role."
    retry = Retry.CHANGED


class MembershipChoiceNeeded(Invalid):
    code = "membership_choice_needed"
    title = "You have several roles: choose one with organisation_id and role."
    advice = "Send it again with one of the `memberships` listed."

    def __init__(self, choices: Sequence[dict[str, str]]) -> None:
        super().__init__(
            problems=[FieldProblem("/organisation_id", "choice_needed", "Choose a membership.")]
        )
        self.extra: dict[str, Any] = {"memberships": list(choices)}


class SessionNotFound(NotFound):
    code = "session_not_found"
    title = "Cairn cannot find this session among those you have open."
