"""A file that another school has is read-only: every operation that writes to one is tried.

The sweep grows by itself: an operation with such a scope is refused, or named below with a reason.
"""

import pytest

from app.api.describe import WRITES_FILE
from app.core.words import Role
from tests.security.matrix import TABLE
from tests.security.operations import operations, promised
from tests.security.scenes import Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
WRITING = sorted(
    name
    for name, one in OPERATIONS.items()
    if one.scope in WRITES_FILE | {"safety:write"} and one.method != "GET" and name in TABLE
)
STILL_POSSIBLE = {
    "shares that were approved before are seen through, and others are ended": {
        "revoke_share", "record_hand_over", "record_response", "send_share",
        "send_share_code", "answer_correction", "answer_share_correction", "renew_share_code",
        "answer_recipient",
    },
    "referrals that were approved before are seen through, and others are ended": {
        name
        for name, one in OPERATIONS.items()
        if one.scope == "referral:write" and name not in ("draft_referral", "update_referral")
    },
    "reviews end with the lock; one that is left is ended by hand": {
        "update_review", "complete_review", "end_review",
    },
    "a report whose child nobody knew is as one that is raised": {"match_concern"},
    "what somebody owes to the child is given away and ended by a person": {
        "assign_task", "end_task", "assign_check_in", "settle_check_in", "end_support_plan",
        "end_plan", "extend_support_list_entry", "end_support_list_entry",
        "hand_over_support_list",
    },
    "what is about no file: child groups, site requests, calendar notes, incomplete reports": {
        "create_child_group", "confirm_child_group", "end_child_group", "add_child_group_members",
        "add_named_content",
        "create_site_request", "add_calendar_note", "end_calendar_note",
        "resolve_incomplete_report",
    },
    "a document of what stands writes nothing": {"download_share_pdf", "download_referral_pdf"},
}  # fmt: skip
ALLOWED = frozenset().union(*STILL_POSSIBLE.values())
LOCK = """
with gone as (
  insert into transfer (school_id, id, reference, child_id, reason_code, destination_kind,
    destination, state, ended_at, owner_id, due_at, prepared_at, changed_at)
  select c.school_id, gen_random_uuid(), gen_random_uuid()::text, c.id, 'left_in_year',
    'elsewhere', '{}', 'locked', now(), %s, now(), now(), now()
  from child c where c.school_id = %s
  returning school_id, id, child_id)
insert into file_lock (school_id, id, child_id, transfer_id, locked_at)
select school_id, gen_random_uuid(), child_id, id, now() + interval '1 minute' from gone
"""


@pytest.fixture
async def here(world: World) -> School:
    """A school of its own, since all its files are locked."""
    return await a_school(world)


class TestALockedFile:
    def test_is_tried_by_enough_operations(self) -> None:
        refused = set(WRITING) - ALLOWED
        assert len(refused) >= 20
        assert {"amend_concern", "add_status", "add_action", "draft_share"} <= refused

    @pytest.mark.parametrize("name", [name for name in WRITING if name not in ALLOWED])
    async def test_cannot_be_written_to(self, world: World, here: School, name: str) -> None:
        role = min(TABLE[name].roles & {Role.DSL, Role.HEADTEACHER, Role.STAFF})
        scene = Scene(world, here, here[role])
        call = await TABLE[name].recipe(scene)
        world.sql(LOCK, here[Role.DSL].id, here.id)
        answer = await OPERATIONS[name].send(here.api(role), call)
        assert (answer.status_code, answer.json()["code"]) == (409, "file_locked")
        assert not await promised(here.api(role), OPERATIONS[name], call)

    async def test_takes_a_concern_that_comes_to_light_late(
        self, world: World, here: School
    ) -> None:
        scene = Scene(world, here, here[Role.STAFF])
        call = await TABLE["raise_concern"].recipe(scene)
        world.sql(LOCK, here[Role.DSL].id, here.id)
        answer = await OPERATIONS["raise_concern"].send(here.staff, call)
        assert answer.status_code == 201

    @pytest.mark.parametrize("name", ["approve_share", "approve_referral"])
    async def test_is_approved_to_leave_no_more(
        self, world: World, here: School, name: str
    ) -> None:
        scene = Scene(world, here, here[Role.DSL])
        call = await TABLE[name].recipe(scene)
        world.sql(LOCK, here[Role.DSL].id, here.id)
        answer = await OPERATIONS[name].send(here.lead, call)
        assert (answer.status_code, answer.json()["code"]) == (409, "file_locked")
