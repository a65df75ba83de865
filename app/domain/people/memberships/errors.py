"""How giving or ending a role can be refused."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Retry


class GrantExceedsOwn(Forbidden):
    code = "grant_exceeds_own"
    title = "You can give only permissions that you hold: this role has more."
    advice = (
        "Ask somebody who holds what `missing` names. Where it names `operator`, ask the "
        "people who run Cairn."
    )

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"missing": list(missing)}


class RoleProtected(Forbidden):
    code = "role_protected"
    title = "This role reads records or grants roles: it takes somebody who may grant to end it."
    advice = (
        "Ask a safeguarding lead or the headteacher. For a head or chair of governors, ask the "
        "people who run Cairn."
    )


class MembershipExists(Conflict):
    code = "membership_exists"
    title = "This person holds this role in that time already."
    advice = "Read their memberships; end the present one first, or choose other dates."


class MembershipOver(Conflict):
    code = "membership_over"
    title = "This membership has ended already."
    advice = "Read the person's memberships again."


class LastLead(Conflict):
    code = "last_lead"
    title = "The school would be left without a safeguarding lead."
    advice = "`first_day_without` says from when; give somebody the role `dsl` for that time first."
    retry = Retry.SAME

    def __init__(self, day: date | None = None) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {} if day is None else {"first_day_without": day.isoformat()}


class OwnAdminMembership(Conflict):
    code = "own_admin_membership"
    title = "You cannot end your own administrator role."
    advice = "Ask another administrator of the school."


class WorkWouldBeOrphaned(Conflict):
    code = "work_would_be_orphaned"
    title = "This person still owns open work that nobody would be left to do."
    advice = "Repeat it with hand_over_to: the id of a colleague with a safeguarding role."
    retry = Retry.CHANGED

    def __init__(self, counts: Mapping[str, int]) -> None:
        super().__init__(f"{self.title} {self.advice}")
        self.extra: dict[str, Any] = dict(counts)


class HandOverUnsuitable(Invalid):
    code = "hand_over_unsuitable"
    title = "This colleague cannot take the work over."
    advice = "Name a colleague with a safeguarding role that may read all of it."


class MembershipNotFound(NotFound):
    code = "membership_not_found"
    title = "There is no such membership."
