"""T23: the file of a child who died stays as it stood: every operation that writes to one is tried.

The sweep grows by itself: an operation with such a scope is refused, or named below with a reason.
"""

from uuid import UUID

import pytest

from app.api.describe import ALSO_FROZEN, WRITES_FILE
from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.security.matrix import TABLE
from tests.security.operations import operations, promised
from tests.security.scenes import Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
WRITING = sorted(
    name
    for name, one in OPERATIONS.items()
    if one.scope in WRITES_FILE | ALSO_FROZEN and one.method != "GET" and name in TABLE
)
ADDS = {
    "amend_concern", "answer_question", "add_comment", "record_decision", "add_attachment",
    "lock_out_named_staff",
    "add_contact", "add_relationship", "add_status", "add_identifier", "draft_share",
    "draft_referral", "add_record", "amend_record",
}  # fmt: skip
"""Adding stays possible; what is added is marked as written after."""
STILL_POSSIBLE = {
    "a child who is added is nobody who died": {"add_child"},
    "tasks of the child end with the confirmation; others are about the living": {
        "assign_task", "end_task",
    },
    "check-ins and entries of the support list end with the confirmation": {
        "assign_check_in", "settle_check_in", "extend_support_list_entry", "end_support_list_entry",
        "hand_over_support_list",
    },
    "what comes to light late finds its child": {"match_concern", "resolve_incomplete_report"},
    "child groups, places and days of a school are in no child's file": {
        "create_child_group", "confirm_child_group", "end_child_group", "add_child_group_members",
        "add_named_content",
        "create_site_request", "add_calendar_note", "end_calendar_note",
    },
    "what has left the school, or is to leave it, is seen through or ended": {
        name
        for name, one in OPERATIONS.items()
        if one.scope in ("share:write", "referral:write", "transfer:write")
        and name not in (
            "update_share", "update_referral", "prepare_transfer", "draft_share",
            "draft_referral",
        )
    },
}  # fmt: skip
ALLOWED = frozenset(ADDS).union(*STILL_POSSIBLE.values())


async def freeze_all(world: World, here: School) -> None:
    """Everybody whose file is kept in a school has died, and two people have said so."""
    lead, head, later = here[Role.DSL].id, here[Role.HEADTEACHER].id, clock.now()
    for (child,) in world.sql("select id from child where school_id = %s", here.id):
        case: UUID = new_id()
        world.sql(
            "insert into bereavement_case (school_id, id, state, person_died, child_id,"
            " learned_from, cause_wording, cause_approvals, lead_id, proposed_by, proposed_at,"
            " decided_by, decided_at, changed_at)"
            " values (%s, %s, 'open', 'pupil', %s, 'x', 'x', '[]', %s, %s, now(), %s, now(), now())"
            " on conflict do nothing",
            here.id, case, child, lead, lead, head,
        )  # fmt: skip
        world.sql(
            "insert into frozen_file (school_id, id, child_id, case_id, frozen_at, frozen_by)"
            " select school_id, gen_random_uuid(), %s, id, %s::timestamptz + interval '1 minute',"
            " %s from bereavement_case where child_id = %s on conflict do nothing",
            child, later, head, child,
        )  # fmt: skip


@pytest.fixture
async def here(world: World) -> School:
    """A school of its own, since all its files are frozen."""
    return await a_school(world)


class TestAFrozenFile:
    def test_t23_is_tried_by_enough_operations(self) -> None:
        refused = set(WRITING) - ALLOWED
        assert len(refused) >= 25
        assert {
            "update_child", "update_contact", "end_contact", "end_relationship", "update_status",
            "end_identifier", "triage_concern", "assign_concern", "close_concern",
            "countersign_concern", "reopen_concern", "withdraw_concern", "merge_concern",
            "complete_action", "drop_action", "reassign_action", "add_action", "update_review",
            "complete_review", "end_review", "set_review", "update_share", "update_referral",
        } <= refused  # fmt: skip

    @pytest.mark.parametrize("name", [name for name in WRITING if name not in ALLOWED])
    async def test_t23_stays_as_it_stood(self, world: World, here: School, name: str) -> None:
        role = min(TABLE[name].roles & {Role.DSL, Role.HEADTEACHER, Role.DEPUTY_DSL})
        scene = Scene(world, here, here[role])
        call = await TABLE[name].recipe(scene)
        await freeze_all(world, here)
        answer = await OPERATIONS[name].send(here.api(role), call)
        assert (answer.status_code, answer.json()["code"]) == (409, "file_frozen"), answer.text
        assert not await promised(here.api(role), OPERATIONS[name], call)

    @pytest.mark.parametrize("name", sorted(ADDS & set(WRITING)))
    async def test_t23_takes_what_is_added(self, world: World, here: School, name: str) -> None:
        role = min(TABLE[name].roles & {Role.DSL, Role.HEADTEACHER, Role.DEPUTY_DSL})
        scene = Scene(world, here, here[role])
        call = await TABLE[name].recipe(scene)
        await freeze_all(world, here)
        answer = await OPERATIONS[name].send(here.api(role), call)
        assert answer.status_code in OPERATIONS[name].good, answer.text
