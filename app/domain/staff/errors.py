"""How a wish about staff can be refused."""

from collections.abc import Mapping
from typing import Any

from app.domain.errors import Conflict, Invalid


class StaffExists(Conflict):
    code = "staff_exists"
    title = "Somebody with this e-mail address is on the staff already."
    advice = "Find them with GET /v1/staff and add a membership instead."


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
    title = "This is the school's last safeguarding lead."
    advice = "Give somebody else the role `dsl` first."


class OwnAdminMembership(Conflict):
    code = "own_admin_membership"
    title = "You cannot end your own administrator role."
    advice = "Ask another administrator of the school."


class WorkWouldBeOrphaned(Conflict):
    code = "work_would_be_orphaned"
    title = "This person still owns open work that nobody would be left to do."
    advice = "Repeat it with hand_over_to: the id of a colleague with a safeguarding role."

    def __init__(self, counts: Mapping[str, int]) -> None:
        super().__init__()
        self.extra: dict[str, Any] = dict(counts)


class HandOverUnsuitable(Invalid):
    code = "hand_over_unsuitable"
    title = "This colleague cannot take the work over."
    advice = "Name a colleague with a safeguarding role that may read all of it."
