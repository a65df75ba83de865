"""A concern that turns out to be about an adult leaves the leads, with every word intact."""

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from app.db.repositories.sharing import child_files
from app.domain.adults.moved_work.commands import ENDED, GOES_ON
from app.domain.kinds import registry
from tests.adults import ROOT, ids_of, row_of
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.api.records import a_concern, a_share
from tests.api.referring import a_body, an_agency
from tests.api.shared import a_sent, an_opened
from tests.api.shared import step as on_share
from tests.inconsistency import find_inconsistent
from tests.meetings import a_meeting, held
from tests.racing import at_its_number, halfway
from tests.security.test_incomplete_about_adults import everything
from tests.transfers import approved, elsewhere, prepared
from tests.world import Person, School, World

HEAD, CHAIR, ADMIN, LEAD, DEPUTY, TEACHER = (
    Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL,
    Role.PASTORAL,
)  # fmt: skip
WORDS = "Zyxglorp pulled me by the arm."
LATER = "Zyxglorp did it twice."
THOUGHT = "Zyxglorp was on duty that day."
BY_HAND = {"code_route": "phone", "by_hand": True}
HALF = {"account": [{"kind": "observed", "text": WORDS}], "immediacy": "immediate_danger"}
OFFICER = {"via": "professional", "kind": "police", "name": "PC Ann Low"}


async def told(school: School, **fields: Any) -> tuple[str, str]:
    """A concern that says more than anybody saw at first: its id and the child's."""
    child = await school.child()
    fields = {
        "account": [{"kind": "child_said", "text": WORDS, "prompted_by": "Tell me."}],
        "categories": ["physical_abuse_disclosure"],
    } | fields  # fmt: skip
    concern = (await raise_one(school.staff, child, **fields))["id"]
    added = {"kind": "addition", "text": LATER, "reason": "Asked again."}
    answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", added)
    assert answer.status_code == 201, answer.text
    answer = await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": THOUGHT})
    assert answer.status_code == 201, answer.text
    return concern, str(child)


async def step_of_report(school: School, path: str, body: dict[str, Any]) -> Any:
    """The lead says what became of a report that was kept."""
    version = (await school.lead.get(path)).headers["etag"].strip('"')
    return await school.lead.post(f"{path}/resolve", body, version=version)


def about(person: Person) -> dict[str, Any]:
    return {"adult": {"staff_id": str(person.id)}, "reason": "He works here."}


class TestMovingIt:
    async def test_keeps_it_from_a_lead_who_is_described(
        self, world: World, school: School
    ) -> None:
        deputy = await school.person(DEPUTY, "Corin Vandersteen")
        concern, _ = await told(school)
        body = {"adult": {"name": "Mrs Vandersteen", "role": "staff"}, "reason": "The pupil says."}
        assert (await step(school.lead, concern, "move", body)).status_code == 200
        barred = "select staff_id from conflict where concern_id = %s and state = 'in_force'"
        assert (deputy.id,) in world.sql(barred, concern)

    async def test_takes_every_word_to_the_head(self, world: World, school: School) -> None:
        concern, child = await told(school)
        before = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "moved_to_adults"
        whole = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        assert whole["account"] == [
            {name: one[name] for name in one if name != "kind_told"} for one in before["account"]
        ]
        assert [one["text"] for one in whole["amendments"]] == [LATER]
        notes = " ".join(one["text"] for one in whole["notes"])
        assert THOUGHT in notes
        assert "He works here." in notes
        assert whole["child_report"]["moved_from"] == before["reference"]
        assert whole["reporter"]["id"] == str(school[Role.STAFF].id)
        assert whole["recorded_at"] == before["recorded_at"]
        assert whole["about"]["staff_id"] == str(school[TEACHER].id)
        assert [one["id"] for one in whole["children"]] == [child]

    async def test_takes_questions_answers_and_minutes(self, school: School) -> None:
        concern, child = await told(school)
        path = f"/v1/concerns/{concern}"
        asked = await school.lead.post(f"{path}/ask-reporter", {"text": "Who was there?"})
        answer = f"{path}/questions/{asked.json()['id']}/answer"
        assert (await school.staff.post(answer, {"text": "Only Zyxglorp."})).status_code == 200
        dissent = [{"who": "Sam Reed", "reason": "It is too soon."}]
        await held(
            school, child, "strategy_discussion", concern_id=concern,
            decisions="Nobody speaks to Zyxglorp.", dissent=dissent,
        )  # fmt: skip
        assert (await step(school.lead, concern, "move", about(school[TEACHER]))).status_code == 200
        notes = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()["notes"]
        by = {one["text"]: one["author"]["id"] for one in notes}
        for words, author in (
            ("Who was there?", LEAD), ("Only Zyxglorp.", Role.STAFF),
            ("Nobody speaks to Zyxglorp.", LEAD), ("It is too soon.", LEAD),
        ):  # fmt: skip
            assert [one for text, one in by.items() if words in text] == [str(school[author].id)]

    async def test_leaves_nothing_that_anybody_else_reads(
        self, world: World, school: School
    ) -> None:
        concern, child = await told(school)
        assert (await step(school.lead, concern, "move", about(school[TEACHER]))).status_code == 200
        for role in set(school.people) - {HEAD, Role.STAFF}:
            for name, text in (
                await everything(school.api(role), concern_id=concern, child_id=child)
            ).items():
                assert "Zyxglorp" not in text, (role, name)
            assert (await school.api(role).get(f"/v1/concerns/{concern}")).status_code in (403, 404)
        items = (await school.lead.get("/v1/concerns")).json()["items"]
        assert items == []
        seen = (await school.api(HEAD).get(f"/v1/concerns/{concern}")).status_code
        assert seen == 404, "the head reads it in the adult register"

    async def test_takes_along_what_was_merged_into_it(self, world: World, school: School) -> None:
        concern, child = await told(school)
        account = [{"kind": "child_said", "text": f"Again: {WORDS}", "prompted_by": "And?"}]
        other = (await raise_one(school.staff, UUID(child), account=account))["id"]
        merged = await step(school.lead, other, "merge", {"into": concern, "reason": "Same."})
        assert merged.status_code == 200, merged.text
        assert (await step(school.lead, concern, "move", about(school[TEACHER]))).status_code == 200
        for role in set(school.people) - {HEAD, Role.STAFF}:
            for name, text in (
                await everything(school.api(role), concern_id=other, child_id=child)
            ).items():
                assert "Zyxglorp" not in text, (role, name)
        whole = (await school.api(HEAD).get(f"{ROOT}/{other}")).json()
        assert (whole["account"][0]["text"], whole["about"]["staff_id"]) == (
            f"Again: {WORDS}", str(school[TEACHER].id),
        )  # fmt: skip
        async with world.work(school.id) as work:
            assert list(await find_inconsistent(await work.driver(), school.id)) == []

    async def test_is_done_for_a_duplicate_too(self, school: School) -> None:
        concern, child = await told(school)
        other = (await raise_one(school.staff, UUID(child)))["id"]
        merged = await step(school.lead, concern, "merge", {"into": other, "reason": "Same."})
        assert "move_concern" in merged.json()["permissions"]
        moved = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert (moved.status_code, moved.json()["state"]) == (200, "moved_to_adults")

    async def test_keeps_its_reporter_informed_without_content(self, school: School) -> None:
        concern, _ = await told(school)
        await step(school.lead, concern, "move", about(school[TEACHER]))
        mine = (await school.staff.get("/v1/concerns/mine")).json()["items"]
        assert [(one["id"], one["progress"]) for one in mine] == [(concern, "being_handled")]
        added = {"kind": "addition", "text": LATER, "reason": "Asked again."}
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", added)
        assert (answer.status_code, answer.json()["code"]) == (409, "concern_moved")
        answer = await school.staff.post(f"{ROOT}/{concern}/amendments", added)
        assert answer.status_code == 201, answer.text
        theirs = (await school.staff.get(f"{ROOT}/{concern}")).json()
        assert theirs["progress"] == "received"
        assert "notes" not in theirs

    async def test_tells_its_reporter_not_that_they_are_accused(self, school: School) -> None:
        concern, _ = await told(school)
        accused = school[Role.STAFF]
        await step(school.lead, concern, "move", about(accused))
        kept = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        assert kept["about"]["staff_id"] == str(accused.id)
        theirs = await school.staff.get(f"{ROOT}/{concern}")
        assert theirs.json()["reported_about"]["staff_id"] is None
        assert theirs.json()["kind"] == "not_sure"
        assert theirs.json()["child_report"]["staff_named"] == []
        assert theirs.json()["child_report"]["categories"] == []
        (mine,) = (await school.staff.get(f"{ROOT}/mine")).json()["items"]
        assert mine["kind"] == "not_sure"

    async def test_starts_the_officers_clock_when_it_was_first_reported(
        self, world: World, school: School
    ) -> None:
        concern, _ = await told(school)
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert answer.status_code == 200
        found = world.sql(
            "select d.rule_id, d.started_at from deadline d where d.thing_id = %s "
            "and d.ended_at is null", concern,
        )  # fmt: skip
        recorded = world.sql("select recorded_at from concern where id = %s", concern)[0][0]
        assert found == [("lado.refer", recorded)]
        assert isinstance(recorded, datetime)

    async def test_settles_what_was_open(self, world: World, school: School) -> None:
        concern, _ = await told(school)
        action = {
            "what": "Ask Zyxglorp.", "owner_id": str(school[DEPUTY].id),
            "due_at": a_triage(school[LEAD].id)["due_at"],
        }  # fmt: skip
        set_ = await school.lead.post(f"/v1/concerns/{concern}/actions", action)
        assert set_.status_code == 201, set_.text
        assert (await step(school.lead, concern, "move", about(school[TEACHER]))).status_code == 200
        state = world.sql("select state from action where concern_id = %s", concern)
        assert state == [("dropped",)]
        async with world.work(school.id) as work:
            assert list(await find_inconsistent(await work.driver(), school.id)) == []
        inbox = (await school.api(DEPUTY).get("/v1/alerts")).json()["items"]
        assert {one["kind"] for one in inbox} <= {"concern_restricted"}
        assert (await school.api(DEPUTY).get(f"/v1/actions/{set_.json()['id']}")).status_code == 404

    async def test_goes_to_the_chair_about_the_head(self, world: World, school: School) -> None:
        concern, child = await told(school)
        world.sql("delete from alert where recipient_id = %s", school[HEAD].id)
        answer = await step(school.lead, concern, "move", about(school[HEAD]))
        assert answer.status_code == 200
        assert row_of(world, concern, "owner_id") == school[CHAIR].id
        assert await ids_of(school.api(HEAD)) == set()
        for name, text in (
            await everything(school.api(HEAD), concern_id=concern, child_id=child)
        ).items():
            assert "Zyxglorp" not in text, name
        rows = world.sql("select kind from alert where recipient_id = %s", school[HEAD].id)
        assert rows in ([], [("concern_restricted",)])

    async def test_is_done_by_triage_with_a_category_of_adults(
        self, world: World, school: School
    ) -> None:
        concern, _ = await told(school, staff_named=[str(school[TEACHER].id)])
        body = a_triage(school[LEAD].id, primary_category="adult_concern")
        answer = await step(school.lead, concern, "triage", body)
        assert answer.json()["state"] == "moved_to_adults"
        assert row_of(world, concern, "staff_id") == school[TEACHER].id
        assert concern in await ids_of(school.api(HEAD))

    async def test_is_refused_where_it_keeps_a_pupil_safe(self, school: School) -> None:
        concern, _ = await told(school, categories=["suicidal_ideation"])
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert (answer.status_code, answer.json()["code"]) == (409, "keeps_pupil_safe")

    async def test_is_refused_where_it_has_records_of_keeping_a_pupil_safe(
        self, school: School
    ) -> None:
        """After the move nobody could read them."""
        concern, child = await told(school)
        body = {"kind": "safety_check", "concern_id": concern, "actions": ["plan"]}
        made = await school.lead.post(f"/v1/children/{child}/records", body)
        assert made.status_code == 201, made.text
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert (answer.status_code, answer.json()["code"]) == (409, "keeps_pupil_safe")
        assert (await school.lead.get(made.headers["location"])).status_code == 200

    async def test_waits_for_what_is_open_and_tells_of_it(self, school: School) -> None:
        """A share hangs on no concern: it has one among its items."""
        concern, child = await told(school)
        share = (
            await school.lead.post("/v1/shares", a_share(UUID(child), OFFICER, concern))
        ).json()
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert (answer.status_code, answer.json()["code"]) == (409, "concern_has_open_work")
        await on_share(school.lead, share["id"], "revoke", {"reason": "About an adult."})
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert answer.status_code == 200, answer.text

    async def test_leaves_no_plan_that_a_pupil_lives_by_behind(self, school: School) -> None:
        """A plan has no clock, and after the move nobody could read it."""
        concern, child = await told(school)
        made = await school.lead.post(
            f"/v1/children/{child}/safety-plans", {"concern_id": concern, "made_with": "joint"}
        )
        plan = f"/v1/safety-plans/{made.json()['id']}"
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert (answer.status_code, answer.json()["code"]) == (409, "concern_has_open_work")
        assert (await school.lead.get(plan)).status_code == 200
        ended = await school.lead.post(f"{plan}/end", {"reason": "Made anew."}, version=1)
        assert ended.status_code == 200, ended.text
        answer = await step(school.lead, concern, "move", about(school[TEACHER]))
        assert answer.status_code == 200, answer.text

    def test_knows_what_becomes_of_each_kind_that_it_lets_go_on(self) -> None:
        assert {*ENDED, *GOES_ON} <= registry().keys()

    async def test_is_for_leads(self, school: School) -> None:
        concern, _ = await told(school)
        version = (await school.lead.get(f"/v1/concerns/{concern}")).headers["etag"].strip('"')
        path = f"/v1/concerns/{concern}/move"
        for role in (Role.STAFF, TEACHER, ADMIN, CHAIR):
            answer = await school.api(role).post(path, about(school[LEAD]), version=version)
            assert answer.status_code in (403, 404), role

    async def test_is_done_once(self, school: School) -> None:
        concern, _ = await told(school)
        version = (await school.lead.get(f"/v1/concerns/{concern}")).headers["etag"].strip('"')
        path, body = f"/v1/concerns/{concern}/move", about(school[TEACHER])
        assert (await school.lead.post(path, body, version=version)).status_code == 200
        assert (await school.lead.post(path, body, version=version)).status_code == 404

    async def test_is_closed_to_broken_glass_and_to_grants(
        self, world: World, school: School
    ) -> None:
        concern, _child = await told(school)
        await step(school.lead, concern, "move", about(school[TEACHER]))
        for path, body in (
            ("/v1/access/break-glass", {"concern_id": concern, "reason": "I must see it now." * 2}),
            (
                "/v1/access/grants",
                {
                    "concern_id": concern, "staff_id": str(school[DEPUTY].id), "classes": ["K5"],
                    "reason": "To help.", "days": 3,
                },
            ),
        ):  # fmt: skip
            answer = await school.lead.post(path, body)
            assert answer.status_code >= 400, answer.text

    async def test_keeps_its_files_for_who_reads_it(self, school: School) -> None:
        concern, _ = await told(school)
        path = f"/v1/concerns/{concern}/attachments"
        added = await school.lead.request(
            "POST", path, content=WORDS.encode(), headers={"Content-Type": "text/plain"}
        )
        file = added.json()["id"]
        await step(school.lead, concern, "move", about(school[TEACHER]))
        whole = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        assert [one["id"] for one in whole["child_report"]["attachments"]] == [file]
        answer = await school.api(HEAD).get(f"{ROOT}/{concern}/attachments/{file}")
        assert answer.text == WORDS
        for role in (LEAD, DEPUTY, CHAIR, TEACHER, ADMIN, Role.STAFF):
            for where in (f"{path}/{file}", f"{ROOT}/{concern}/attachments/{file}"):
                answer = await school.api(role).get(where)
                assert answer.status_code in (403, 404), (role, where)

    async def test_never_goes_with_the_childs_file(self, world: World, school: School) -> None:
        concern, child = await told(school)
        async with world.work(school.id) as work:
            driver = await work.driver()
            before = await child_files.contents(driver, school.id, UUID(child))
            assert {str(row["concern_id"]) for row in before} == {concern}
        await step(school.lead, concern, "move", about(school[TEACHER]))
        async with world.work(school.id) as work:
            driver = await work.driver()
            assert list(await child_files.contents(driver, school.id, UUID(child))) == []
            entries = await child_files.rows_of(driver, child_files.ENTRIES, school.id, UUID(child))
            assert list(entries) == []

    async def test_leaves_out_of_the_file_what_was_shared_of_it(
        self, world: World, school: School
    ) -> None:
        """The approver goes on; only the register says that something stayed."""
        concern, child = await told(school)
        share = (
            await school.lead.post("/v1/shares", a_share(UUID(child), OFFICER, concern))
        ).json()
        await on_share(school.lead, share["id"], "approve", {"reason": "She asked for it."})
        await on_share(school.lead, share["id"], "revoke", {"reason": "It was the wrong desk."})
        await held(school, child, "core_group", concern_id=concern)
        assert (await step(school.lead, concern, "move", about(school[TEACHER]))).status_code == 200
        transfer = await prepared(school, elsewhere(UUID(child)))
        found = (await school.lead.get(f"/v1/transfers/{transfer['id']}/contents")).text
        assert share["id"] not in found
        assert share["reference"] not in found
        assert concern not in found
        signed = await approved(school, transfer["id"])
        assert signed["state"] == "approved"
        trail = "select details from adult_trail where noun_id = %s and verb = 'transfer.approved'"
        ((details,),) = world.sql(trail, concern)
        assert details == {"transfer_id": transfer["id"], "left_out": True}
        leads = "select details::text from trail where school_id = %s and noun = 'transfer'"
        assert not [one for (one,) in world.sql(leads, school.id) if concern in one]

    async def test_cancels_a_planned_meeting_with_the_reason(
        self, world: World, school: School
    ) -> None:
        concern, child = await told(school)
        meeting = await a_meeting(school, child_ids=[child], concern_id=concern, place="Room 3")
        await step(school.lead, concern, "move", about(school[TEACHER]))
        row = "select state, cancel_reason from meeting where id = %s"
        reason = "It is kept in another register now."
        assert world.sql(row, meeting["id"]) == [("cancelled", reason)]
        whole = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        (note,) = [one["text"] for one in whole["notes"] if "Room 3" in one["text"]]
        assert "Invited: Sam Reed, Children's services" in note
        async with world.work(school.id) as work:
            assert not await find_inconsistent(await work.driver(), school.id)

    @pytest.mark.parametrize("ended", [False, True])
    async def test_takes_along_what_was_kept_for_leads(
        self, world: World, school: School, ended: bool
    ) -> None:
        """An addition that was refused is among the words of the concern, wherever it is."""
        concern, _ = await told(school)
        body = {
            "kind": "addition", "text": "Zyxglorp again.", "immediacy": "today", "bad": 1,
        }  # fmt: skip
        refused = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        kept = refused.json()["saved_as"]
        path = f"/v1/incomplete-reports/{kept}"
        assert "Zyxglorp" in (await school.lead.get(path)).text
        if ended:
            answer = await step_of_report(school, path, {"concern_id": concern})
            assert answer.status_code == 200, answer.text
        deputy = school[DEPUTY]
        await step(school.lead, concern, "move", about(deputy))
        for role in (LEAD, DEPUTY, TEACHER, ADMIN):
            assert (await school.api(role).get(path)).status_code in (403, 404), role
        assert "Zyxglorp" in (await school.api(HEAD).get(path)).text
        open_tasks = "select count(*) from task where about_id = %s and ended_at is null"
        assert world.sql(open_tasks, kept) == [(0,)]
        async with world.work(school.id) as work:
            assert not await find_inconsistent(await work.driver(), school.id)

    @pytest.mark.parametrize("accused", [LEAD, HEAD])
    async def test_is_hidden_from_who_it_is_about(
        self, world: World, school: School, accused: Role
    ) -> None:
        """Their alert of it is gone without an end; nothing says that it moved."""
        concern, child = await told(school)
        api, other = school.api(accused), school.api(DEPUTY)
        answer = await step(other, concern, "move", about(school[accused]))
        assert answer.status_code == 200, answer.text
        assert (await api.get("/v1/alerts")).json()["items"] == []
        for path in ("/v1/audit?limit=200", f"/v1/children/{child}/access-log", "/v1/changes"):
            answer = await api.get(path)
            assert answer.status_code == 200 or (accused is HEAD and "audit" in path), path
            assert concern not in answer.text, path
        for role in set(school.people) - {CHAIR if accused is HEAD else HEAD, Role.STAFF}:
            for path in ("/v1/audit?limit=200&verb=conflict.declared", "/v1/conflicts"):
                answer = await school.api(role).get(path)
                assert concern not in answer.text, (role, path)

    async def test_says_who_is_not_known(self, school: School) -> None:
        concern, _ = await told(school)
        body = {"adult": {"staff_id": str(new_id())}, "reason": "Somebody."}
        answer = await step(school.lead, concern, "move", body)
        assert answer.status_code == 422

    @pytest.mark.parametrize("scope", [Permission.CONCERN_READ])
    async def test_tells_no_stream_or_change_feed(
        self, world: World, school: School, scope: Permission
    ) -> None:
        concern, _ = await told(school)
        await step(school.lead, concern, "move", about(school[TEACHER]))
        for role in set(school.people):
            answer = await school.api(role).get("/v1/changes")
            if answer.status_code == 200:
                assert concern not in answer.text, role


class TestWhatIsRefusedLater:
    """Words for a concern that moved go where it went, and to nobody whom it is about."""

    @pytest.mark.parametrize("accused", [LEAD, HEAD])
    @pytest.mark.parametrize(
        ("verb", "body"),
        [
            ("emergency", {"hand_over": WORDS}),
            ("emergency", {"note": WORDS}),
            ("with-adult", {"name": WORDS}),
            ("amendments", {"text": WORDS, "immediacy": "immediate_danger"}),
        ],
    )
    async def test_is_kept_in_the_register(
        self, world: World, school: School, verb: str, body: dict[str, Any], accused: Role
    ) -> None:
        concern, _ = await told(school)
        mover = DEPUTY if accused is LEAD else LEAD
        answer = await step(school.api(mover), concern, "move", about(school[accused]))
        assert answer.status_code == 200, answer.text
        world.sql("delete from alert where school_id = %s", school.id)
        refused = await school.staff.post(f"/v1/concerns/{concern}/{verb}", body)
        assert refused.status_code >= 400, refused.text
        kept = refused.json()["saved_as"]
        found = {
            role
            for role in set(school.people) - {Role.STAFF}
            if (await school.api(role).get(f"/v1/incomplete-reports/{kept}")).status_code == 200
        }
        assert found == {CHAIR if accused is HEAD else HEAD}
        rows = world.sql("select recipient_id from alert where school_id = %s", school.id)
        assert rows == [(school[next(iter(found))].id,)]

    @pytest.mark.parametrize("accused", [LEAD, HEAD])
    async def test_is_kept_in_the_register_where_it_answers_a_question(
        self, world: World, school: School, accused: Role
    ) -> None:
        concern, _ = await told(school)
        path = f"/v1/concerns/{concern}"
        asked = await school.api(DEPUTY).post(f"{path}/ask-reporter", {"text": "Who was there?"})
        await step(school.api(DEPUTY), concern, "move", about(school[accused]))
        world.sql("delete from alert where school_id = %s", school.id)
        answer = f"{path}/questions/{asked.json()['id']}/answer"
        refused = await school.staff.post(answer, {"text": WORDS})
        assert (refused.status_code, refused.json()["code"]) == (409, "concern_moved")
        reader = CHAIR if accused is HEAD else HEAD
        for role in set(school.people) - {Role.STAFF}:
            kept = f"/v1/incomplete-reports/{refused.json()['saved_as']}"
            assert ((await school.api(role).get(kept)).status_code == 200) is (role is reader), role
        rows = world.sql("select recipient_id from alert where school_id = %s", school.id)
        assert rows == [(school[reader].id,)]

    async def test_is_not_offered_to_its_reporter(self, school: School) -> None:
        concern, _ = await told(school)
        assert (await school.staff.get(f"/v1/concerns/{concern}")).json()["permissions"]
        await step(school.lead, concern, "move", about(school[TEACHER]))
        assert (await school.staff.get(f"/v1/concerns/{concern}")).json()["permissions"] == []


class TestWhatIsAmended:
    """An amendment that is about an adult does not stay with the leads, whoever writes it."""

    ADDED: Final = {
        "text": f"{WORDS} It was at break.",
        "categories": ["allegation_harm_threshold"],
    }

    @pytest.mark.parametrize("author", [Role.STAFF, DEPUTY])
    async def test_moves_the_concern_with_it(
        self, world: World, school: School, author: Role
    ) -> None:
        concern, child = await told(school)
        path = f"/v1/concerns/{concern}/amendments"
        answer = await school.api(author).post(path, self.ADDED)
        assert answer.status_code == 201, answer.text
        assert answer.json()["text"] == self.ADDED["text"]
        for role in set(school.people) - {HEAD, Role.STAFF}:
            found = await everything(school.api(role), concern_id=concern, child_id=child)
            for name, text in found.items():
                assert "Zyxglorp" not in text, (role, name)
        whole = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        assert [one["text"] for one in whole["amendments"]] == [LATER, self.ADDED["text"]]
        assert whole["kind"] == "allegation"
        assert world.sql("select state from concern where id = %s", concern) == [
            ("moved_to_adults",)
        ]
        async with world.work(school.id) as work:
            assert list(await find_inconsistent(await work.driver(), school.id)) == []

    async def test_goes_to_the_chair_where_it_may_mean_the_head(self, school: School) -> None:
        concern, _ = await told(school, staff_named=[str(school[TEACHER].id)])
        body = self.ADDED | {"text": "The headteacher saw it and laughed."}
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        assert answer.status_code == 201, answer.text
        assert (await school.api(HEAD).get(f"{ROOT}/{concern}")).status_code == 404
        assert (await school.api(CHAIR).get(f"{ROOT}/{concern}")).status_code == 200

    @pytest.mark.parametrize("before", [True, False])
    async def test_goes_alone_where_the_concern_keeps_a_pupil_safe(
        self, world: World, school: School, before: bool
    ) -> None:
        child = await school.child()
        said = {"categories": ["suicidal_ideation" if before else "bullying"]}
        concern = (await raise_one(school.staff, child, **said))["id"]
        body = self.ADDED | ({} if before else {"self_harm": {"kind": "self_harm"}})
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        assert answer.status_code == 201, answer.text
        for role in set(school.people) - {HEAD, Role.STAFF}:
            found = await everything(school.api(role), concern_id=concern, child_id=str(child))
            for name, text in found.items():
                assert "Zyxglorp" not in text, (role, name)
        stays = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert stays["self_harm"] is not None
        assert "allegation_harm_threshold" not in stays["categories"]
        (apart,) = await ids_of(school.api(HEAD))
        whole = (await school.api(HEAD).get(f"{ROOT}/{apart}")).json()
        assert [one["text"] for one in whole["account"]] == [self.ADDED["text"]]
        assert [one["id"] for one in whole["children"]] == [str(child)]
        assert whole["reporter"]["id"] == str(school[Role.STAFF].id)


async def move_it(school: School, concern: str) -> httpx.Response:
    """The lead says that it is about an adult, without looking at it again."""
    version = school.world.version("concern", concern)
    body = about(school[TEACHER])
    return await school.lead.post(f"/v1/concerns/{concern}/move", body, version=version)


class TestWhatIsBegunMeanwhile:
    """Two at once: the move hears of what another request has begun about the concern."""

    async def test_a_share_that_is_drafted(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        body = a_share(child, OFFICER, concern)
        drafted, moved = await at_its_number(
            world, school, "S", partial(school.api(DEPUTY).post, "/v1/shares", body),
            partial(move_it, school, concern),
        )  # fmt: skip
        assert drafted.status_code == 201, drafted.text
        assert moved.json()["code"] == "concern_has_open_work", moved.text
        path = f"/v1/shares/{drafted.json()['id']}"
        assert (await school.lead.get(path)).status_code == 200

    async def test_a_share_that_is_drafted_while_it_moves(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        body = a_share(child, OFFICER, concern)
        moved, drafted = await halfway(
            world, partial(move_it, school, concern),
            partial(school.api(DEPUTY).post, "/v1/shares", body),
            "select from organisation where id = %s for update", school.id,
        )  # fmt: skip
        assert moved.status_code == 200, moved.text
        assert drafted.json()["errors"][0]["code"] == "unknown_item", drafted.text

    async def test_a_referral_that_is_drafted(self, world: World, school: School) -> None:
        body = await a_body(school, await an_agency(school))
        drafted, moved = await at_its_number(
            world, school, "R", partial(school.api(DEPUTY).post, "/v1/referrals", body),
            partial(move_it, school, body["concern_id"]),
        )  # fmt: skip
        assert drafted.status_code == 201, drafted.text
        assert moved.json()["code"] == "concern_has_open_work", moved.text

    async def test_a_share_that_was_acknowledged_and_is_sent_again(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        made = await school.lead.post("/v1/shares", a_share(child, OFFICER, concern))
        id_, at = made.json()["id"], clock.now().isoformat()
        await on_share(school.lead, id_, "approve", {"reason": "She asked for it."})
        paper = {"at": at, "by_id": str(school[LEAD].id), "to": "PC Low", "route": "in_person"}
        for verb, body in (("hand-over", paper), ("responses", {"kind": "acknowledged", "at": at})):
            answer = await on_share(school.lead, id_, verb, body)
            assert answer.status_code == 200, answer.text
        assert answer.json()["ended_at"]
        deputy = school[DEPUTY]
        sent, moved = await halfway(
            world, partial(on_share, school.api(DEPUTY), id_, "send", BY_HAND),
            partial(move_it, school, concern),
            "select from staff where id = %s for update", deputy.id,
        )  # fmt: skip
        assert sent.status_code == 200, sent.text
        assert moved.json()["code"] == "concern_has_open_work", moved.text

    async def test_a_report_that_is_kept_is_resolved_by_it(
        self, world: World, school: School
    ) -> None:
        """Its words are words about the same adult: they go along, or are resolved by nothing."""
        concern, _ = await told(school)
        refused = await school.staff.post("/v1/concerns", HALF)
        path = f"/v1/incomplete-reports/{refused.json()['saved_as']}"
        body = {"concern_id": concern}
        resolved, moved = await halfway(
            world, partial(school.api(DEPUTY).post, f"{path}/resolve", body, version=1),
            partial(move_it, school, concern),
            "select from task where about_id = %s for update", path.rpartition("/")[2],
        )  # fmt: skip
        assert (resolved.status_code, moved.status_code) == (200, 200), moved.text
        assert (await school.lead.get(path)).status_code == 404
        assert "Zyxglorp" in (await school.api(HEAD).get(path)).text

    async def test_what_is_added_and_refused(self, world: World, school: School) -> None:
        concern, _ = await told(school)
        author, path = school[DEPUTY], f"/v1/concerns/{concern}/amendments"
        body = {"kind": "addition", "text": WORDS, "immediacy": "today", "bad": 1}
        refused, moved = await halfway(
            world, partial(school.api(DEPUTY).post, path, body),
            partial(move_it, school, concern),
            "select from staff where id = %s for update", author.id,
        )  # fmt: skip
        assert moved.status_code == 200, moved.text
        kept = f"/v1/incomplete-reports/{refused.json()['saved_as']}"
        assert (await school.lead.get(kept)).status_code == 404
        assert "Zyxglorp" in (await school.api(HEAD).get(kept)).text


class TestWhatARecipientHas:
    async def test_stands_in_the_way_while_its_link_is_open(
        self, world: World, school: School
    ) -> None:
        """Nobody here could take it back any more, or read what the recipient asks."""
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        assert (await recipient.post("acknowledge", {})).status_code == 200
        stays = await step(school.lead, share.concern, "move", about(school[TEACHER]))
        assert (stays.status_code, stays.json()["code"]) == (409, "concern_has_open_work")
        await on_share(school.lead, share.id, "revoke", {"reason": "It is about an adult."})
        answer = await step(school.lead, share.concern, "move", about(school[TEACHER]))
        assert answer.status_code == 200, answer.text
        assert (await recipient.read()).status_code >= 400
        asked = await recipient.post("reply", {"kind": "question", "text": "And now?"})
        assert asked.status_code >= 400
        async with world.work(school.id) as work:
            assert not await find_inconsistent(await work.driver(), school.id)
