"""The file of a child who died: stopped at once, kept as it stood, added to, opened by a few."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Permission, Role
from app.domain.kinds import BY_HAND, DEATH, DEATH_UNDONE, KINDS, AtDeath, owned_kinds
from app.domain.kinds import kind as register
from app.domain.safety.bereavement_freezes.commands import AGAIN
from tests.api.exchange.test_events_changes import now_of, since
from tests.api.record.test_concerns import a_triage, step
from tests.api.records import a_concern, classify
from tests.api.safety.test_bereavement_support import undo
from tests.bereavement import PATH, code_of, confirm, opened, proposed
from tests.inconsistency import find_inconsistent
from tests.meetings import a_meeting
from tests.owners import Plot
from tests.world import School, World


async def a_file(school: School) -> tuple[UUID, str, str, str]:
    """A child with a triaged concern, an action of it and a review."""
    child = await school.child("Ada", "Marsh")
    concern = await a_concern(school, child)
    triaged = await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
    assert triaged.status_code == 200, triaged.text
    action = await school.lead.post(
        f"/v1/concerns/{concern}/actions",
        {"what": "Ring home", "owner_id": str(school[Role.STAFF].id), "due_at": soon(days=1)},
    )
    review = await school.lead.post(
        "/v1/reviews", {"child_id": str(child), "what": "How is she?", "due_at": soon(days=3)}
    )
    return child, concern, action.json()["id"], review.json()["id"]


def soon(**by: int) -> str:
    """A moment to come."""
    return (clock.now() + timedelta(**by)).isoformat()


class TestT23:
    async def test_t23_earlier_entries_stay_and_amendments_are_marked(
        self, world: World, school: School
    ) -> None:
        child, concern, action, review = await a_file(school)
        await opened(school, child)
        lead, version = school.lead, 9
        for api, method, path, body in (
            (lead, "PATCH", f"/v1/children/{child}", {"legal_given_name": "Eve"}),
            (lead, "PATCH", f"/v1/reviews/{review}", {"what": "x"}),
            (lead, "POST", f"/v1/concerns/{concern}/withdraw", {"reason": "A mistake."}),
            (lead, "POST", f"/v1/concerns/{concern}/close",
             {"outcome": "no_further_action", "reason": "Over."}),
            (lead, "POST", f"/v1/concerns/{concern}/triage", a_triage(school[Role.DSL].id)),
            (lead, "POST", f"/v1/actions/{action}/drop", {"reason": "Over."}),
        ):  # fmt: skip
            refused = await api.request(method, path, json=body, version=version)
            assert code_of(refused) == (409, "file_frozen"), (path, refused.text)
            assert "death" in refused.json()["title"]
        said = {"kind": "addition", "text": "I remember more.", "reason": "It comes back to me."}
        mine = await school.staff.post(f"/v1/concerns/{concern}/amendments", said)
        assert (mine.status_code, mine.json()["post_event"]) == (201, True), mine.text
        whole = (await lead.get(f"/v1/concerns/{concern}")).json()
        assert [one["post_event"] for one in whole["amendments"]] == [True]
        assert whole["state"] == "in_progress", "as it stood"
        entries = (await lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        marks = {one["kind"]: one["post_event"] for one in entries}
        assert marks["amendment"] is True
        assert marks["concern"] is False

    async def test_t23_nothing_rings_for_a_child_who_died(
        self, world: World, school: School
    ) -> None:
        child, concern, action, review = await a_file(school)
        await opened(school, child)
        rows = world.sql(
            "select noun, ended_reason_code from deadline"
            " where school_id = %s and thing_id = any(%s)",
            school.id, [UUID(concern), UUID(action), UUID(review)],
        )  # fmt: skip
        assert {noun for noun, because in rows if because is None} == set()
        ended = world.sql("select ended_by, end_reason from review where id = %s", UUID(review))
        assert ended[0][0] == school[Role.DSL].id
        assert "died" in ended[0][1]
        assert world.sql("select state, reason from action where id = %s", UUID(action)) == [
            ("dropped", ended[0][1])
        ]
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []

    async def test_t23_a_concern_about_somebody_alive_goes_on_and_is_never_withdrawn(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child("Ada", "Marsh"), await school.child("Bo", "Reed")
        concern = await a_concern(school, child, other)
        await opened(school, child)
        goes_on = await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        assert goes_on.status_code == 200, goes_on.text
        withdrawn = await step(school.lead, concern, "withdraw", {"reason": "A mistake."})
        assert code_of(withdrawn) == (409, "file_frozen")
        note = await school.lead.post(
            f"/v1/concerns/{concern}/amendments",
            {"kind": "addition", "text": "Later.", "reason": "Later."},
        )
        assert note.json()["post_event"] is True

    async def test_t23_a_withdrawal_proposed_before_is_not_agreed_to_after(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child("Ada", "Marsh"), await school.child("Bo", "Reed")
        for children in ((child,), (child, other)):
            concern = await a_concern(school, *children)
            asked = await step(school.lead, concern, "withdraw", {"reason": "A mistake."})
            assert asked.status_code == 200, asked.text
        await opened(school, child)
        for (concern,) in world.sql(
            "select id::text from concern where school_id = %s and pending is not null", school.id
        ):
            await classify(world, concern, "K2")
            body = {"agree": True, "reason": "Yes."}
            signed = await step(school.api(Role.DEPUTY_DSL), concern, "countersign", body)
            assert code_of(signed) == (409, "file_frozen")

    async def test_t23_what_comes_to_light_late_is_raised_and_worked_on(
        self, world: World, school: School
    ) -> None:
        child, *_ = await a_file(school)
        await opened(school, child)
        late = await a_concern(school, child)
        done = await step(school.lead, late, "triage", a_triage(school[Role.DSL].id))
        assert done.status_code == 200, done.text
        wrong = await step(school.lead, late, "withdraw", {"reason": "Twice."})
        assert wrong.status_code == 200, "it does not hide what stood before"

    async def test_t23_no_row_of_a_frozen_file_can_be_deleted(
        self, world: World, school: School
    ) -> None:
        granted = world.sql(
            "select table_name from information_schema.role_table_grants "
            "where grantee = 'cairn_app' and privilege_type = 'DELETE' and table_name in "
            "('concern', 'amendment', 'account_statement', 'chronology_entry', 'safety_record', "
            "'frozen_file', 'bereavement_entry', 'bereavement_case')"
        )
        assert granted == []


class TestWhoOpensTheFile:
    async def test_leads_heads_the_team_and_who_was_granted(
        self, world: World, school: School
    ) -> None:
        world.sql(
            """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
            school[Role.PASTORAL].id,
        )
        child, concern, *_ = await a_file(school)
        pastoral, path = school.api(Role.PASTORAL), f"/v1/children/{child}"
        assert (await pastoral.get(path)).status_code == 200
        case = await opened(school, child)
        for role in (Role.PASTORAL, Role.SCHOOL_ADMIN, Role.STAFF):
            answer = await school.api(role).get(path)
            assert answer.status_code == 403, role
            assert "related" not in answer.text
        assert code_of(await pastoral.get(path)) == (403, "file_limited")
        listed = (await pastoral.get("/v1/concerns")).json()["items"]
        assert concern not in [one["id"] for one in listed]
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            assert (await school.api(role).get(path)).status_code == 200, role
        body = {
            "staff_id": str(school[Role.PASTORAL].id), "child_id": str(child), "classes": ["K2"],
            "reason": "Writes the statement.", "valid_to": soon(days=2),
        }  # fmt: skip
        assert (await school.lead.post("/v1/access/grants", body)).status_code == 201
        assert (await pastoral.get(path)).status_code == 200
        member = {"role": "records", "staff_id": str(school[Role.SCHOOL_ADMIN].id)}
        await school.lead.post(f"{PATH}/{case['id']}/team", member)
        assert (await school.api(Role.SCHOOL_ADMIN).get(path)).status_code == 200

    async def test_each_look_is_in_the_access_log(self, world: World, school: School) -> None:
        child, *_ = await a_file(school)
        case = await opened(school, child)
        await school.api(Role.HEADTEACHER).get(f"/v1/children/{child}")
        await school.api(Role.HEADTEACHER).get(f"{PATH}/{case['id']}")
        log = await school.lead.get(f"/v1/children/{child}/access-log")
        assert log.status_code == 200, log.text
        head = str(school[Role.HEADTEACHER].id)
        seen = [one for one in log.json()["items"] if head in str(one)]
        assert len(seen) >= 2


class TestTellingOtherSystems:
    async def test_t24_other_systems_learn_of_it_in_the_same_commit(
        self, world: World, school: School
    ) -> None:
        child, *_ = await a_file(school)
        _, token = await world.a_service_key(
            school.id, Permission.CHILD_OPEN, Permission.ALERT_READ
        )
        program = world.as_token(token)
        place = await now_of(school.lead)
        case = await proposed(school, child)
        assert [one["kind"] for one in await since(school.lead, place, "kind=contact.paused")] == []
        await confirm(school.lead, case["id"])
        (told,) = await since(school.lead, place, "kind=contact.paused")
        assert (told["about"]["kind"], told["about"]["id"] != "") == ("child", True)
        assert str(child) in str(told)
        text = str(told).lower()
        for word in ("death", "died", "bereavement", "ada", "marsh"):
            assert word not in text
        everything: list[dict[str, Any]] = await since(school.lead, place)
        assert not [one for one in everything if "bereavement" in one["kind"]]
        del program


ENDING = [kind.name for kind in owned_kinds() if isinstance(kind.at_death, AtDeath)]


class TestWhatEndsWithADeath:
    @pytest.mark.parametrize("name", ENDING)
    async def test_ends_by_what_its_kind_says_and_goes_on_after_a_mistake(
        self, world: World, school: School, name: str
    ) -> None:
        child, kind = await school.child(), KINDS[name]
        plot = Plot(world, school, child)
        plot.plant("concern", school[Role.DSL].id)
        row = plot.ids[name] if name in plot.ids else plot.plant(name, school[Role.STAFF].id)
        assert isinstance(kind.at_death, AtDeath)
        look = (
            f"select ended_at is null, {kind.at_death.reason} is null"  # noqa: S608
            f" from {kind.model.__tablename__} where id = %s"
        )
        assert world.sql(look, row) == [(True, True)]
        case = await opened(school, child)
        assert world.sql(look, row) == [(False, False)]
        await undo(school, case["id"])
        assert world.sql(look, row) == [(True, True)]
        told = "select verb from trail where noun_id = %s order by seq desc limit 2"
        ended, again = kind.at_death.ended.value, kind.at_death.again.value
        assert world.sql(told, row) == [(again,), (ended,)]

    async def test_does_not_go_on_where_its_concern_has_moved_meanwhile(
        self, world: World, school: School
    ) -> None:
        """Nobody here could hold the meeting, or cancel it again."""
        child, other = await school.child("Ada", "Marsh"), await school.child("Bo", "Marsh")
        concern = await a_concern(school, child, other)
        meeting = await a_meeting(school, child_ids=[str(child)], concern_id=concern)
        case = await opened(school, child)
        body = {"adult": {"staff_id": str(school[Role.STAFF].id)}, "reason": "He works here."}
        moved = await step(school.lead, concern, "move", body)
        assert moved.status_code == 200, moved.text
        await undo(school, case["id"])
        look = "select state, ended_at is null from meeting where id = %s"
        assert world.sql(look, meeting["id"]) == [("cancelled", False)]
        async with world.work(school.id) as work:
            assert not await find_inconsistent(await work.driver(), school.id)

    def test_says_in_its_kind_what_becomes_of_it(self) -> None:
        by_hand = {kind.name for kind in owned_kinds() if kind.at_death == BY_HAND}
        assert by_hand == AGAIN.keys()
        for name in ENDING:
            says, columns = KINDS[name].at_death, KINDS[name].model.__table__.columns
            assert isinstance(says, AtDeath)
            assert {"ended_at", "ended_by", says.reason} <= {*columns.keys()}
            assert ("state" in columns) == ({DEATH, DEATH_UNDONE} <= KINDS[name].moves.keys())

    def test_is_refused_by_the_registry_where_a_kind_says_nothing(self) -> None:
        silent = replace(KINDS["action"], name="forgotten", at_death="")
        with pytest.raises(ValueError, match="at_death"):
            register(silent)
        assert "forgotten" not in KINDS
