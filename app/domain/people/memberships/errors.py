"""Refusals to give or end a role."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Retry


class GrantExceedsOwn(Forbidden):
    code = "grant_exceeds_own"
    title = "This role has permissions that you do not hold, so you cannot give it."
    advice = (
        "Ask somebody who holds the permissions in `missing`. If it lists `operator`, ask the "
        "people who run Cairn."
    )

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"missing": list(missing)}


class RoleProtected(Forbidden):
    code = "role_protected"
    title = "Only somebody who may grant roles can do this: the role reads records or grants roles."
    advice = (
        "Ask a safeguarding lead or the headteacher. For a head or chair of governors, ask the "
        "people who run Cairn."
    )


class MembershipExists(Conflict):
    code = "membership_exists"
    title = "This person already holds this role during that time."
    advice = "Read their memberships. End the present one first, or choose other dates."


class MembershipOver(Conflict):
    code = "membership_over"
    title = "This membership has already ended."
    advice = "Read the person's memberships again."


class LastLead(Conflict):
    code = "last_lead"
    title = "The school would be left without a safeguarding lead."
    advice = "Give somebody the role `dsl` from `first_day_without` first."
    retry = Retry.SAME

    def __init__(self, day: date | None = None) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {} if day is None else {"first_day_without": day.isoformat()}


class LastAdministrator(LastLead):
    code = "last_administrator"
    title = "The school would be left without an administrator."
    advice = "Give someone the role `school_admin` from `first_day_without` first."


class OwnAdminMembership(Conflict):
    code = "own_admin_membership"
    title = "You cannot end your own administrator role."
    advice = "Ask another administrator of the school."


class WorkWouldBeOrphaned(Conflict):
    code = "work_would_be_orphaned"
    title = "This person owns open work, and nobody else would be left to do it."
    advice = "Send it again with hand_over_to: the ID of a colleague with a safeguarding role."
    retry = Retry.CHANGED

    def __init__(self, counts: Mapping[str, int]) -> None:
        super().__init__(f"{self.title} {self.advice}")
        self.extra: dict[str, Any] = dict(counts)


class HandOverUnsuitable(Invalid):
    code = "hand_over_unsuitable"
    title = "This colleague cannot take over the work."
    advice = "Choose a colleague whose safeguarding role may read all of it."


class MembershipNotFound(NotFound):
    code = "membership_not_found"
    title = "Cairn cannot find this membership."
