"""How signing in can be refused."""

from collections.abc import Sequence
from typing import Any

from app.domain.errors import FieldProblem, Forbidden, Invalid, NotFound, Retry, Unauthenticated


class CredentialsRefused(Unauthenticated):
    code = "credentials_refused"
    title = "The email address or the password is wrong."
    advice = "Check both; after several wrong passwords an address has to wait."
    retry = Retry.CHANGED


class RefreshRefused(Unauthenticated):
    code = "refresh_refused"
    title = "This refresh token is no longer valid."
    advice = "Sign in again."
    retry = Retry.NO


class MembershipMissing(Forbidden):
    code = "membership_missing"
    title = "You have no membership that matches."
    advice = "Ask the school's administrator for a role, or leave organisation_id and role out."
    retry = Retry.CHANGED


class MembershipChoiceNeeded(Invalid):
    code = "membership_choice_needed"
    title = "You have several roles: say which with organisation_id and role."
    advice = "Repeat the request with one of the `memberships` listed."

    def __init__(self, choices: Sequence[dict[str, str]]) -> None:
        super().__init__(
            problems=[FieldProblem("/organisation_id", "choice_needed", "Choose a membership.")]
        )
        self.extra: dict[str, Any] = {"memberships": list(choices)}


class SessionNotFound(NotFound):
    code = "session_not_found"
    title = "There is no such session of yours that is still going."
