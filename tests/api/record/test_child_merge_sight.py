"""After a merge: who is locked out stays out, and what names the former id still holds."""

from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.exchange.test_monitoring_alerts_names import sees
from tests.api.record.test_attendance import a_mark, office, send
from tests.api.record.test_child_merges import merge, merged, names_found, pupil, two, unmerged
from tests.api.record.test_concerns import a_body
from tests.api.records import a_concern, classify
from tests.api.safety.test_self_harm import taken
from tests.api.safety.test_self_harm_each_pupil import LEFT, about, of, states
from tests.around_children import created
from tests.jobs.climbing import MONDAY, fresh
from tests.monitoring import Tool, a_tool, in_conflict
from tests.past import Past, csv_of, row, upn
from tests.rosters import Roster, package, pupils
from tests.world import Api, School, World

HIDDEN = [False, False, False]
TEXT = "Fears his aunt."
ADULTS = {"adult_id": Role.STAFF, "cover_id": Role.PASTORAL}


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source of alerts."""
    return await a_tool(world, school)


def aunt(school: School, child: UUID) -> Api:
    """A deputy who is locked out from a child."""
    in_conflict(school, school[Role.DEPUTY_DSL].id, child)
    return school.api(Role.DEPUTY_DSL)


class TestWhoIsLockedOut:
    async def test_reads_no_alert_that_keeps_the_former_id(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child, kept = await two(school)
        deputy = aunt(school, child)
        sent = (await tool.sent(subject={"name": "Jak Marsh"}))["id"]
        await merged(school, child, kept)
        assert (
            child in world.sql("select candidates from monitoring_alert where id = %s", sent)[0][0]
        )
        assert await sees(deputy, sent) == HIDDEN
        assert (await sees(school.lead, sent))[1]

    async def test_of_the_one_who_goes_on_after_two_merges(
        self, world: World, school: School, tool: Tool
    ) -> None:
        first, second = await two(school)
        third = await school.child("Jacques", "Marsh", year_group="7")
        sent = (await tool.sent(subject={"name": "Jak Marsh"}))["id"]
        world.sql("update monitoring_alert set candidates = array[%s] where id = %s", first, sent)
        await merged(school, first, second)
        await merged(school, second, third)
        deputy = aunt(school, third)
        assert await sees(deputy, sent) == HIDDEN
        owner = world.sql("select owner_id from monitoring_alert where id = %s", sent)[0][0]
        assert owner != school[Role.DEPUTY_DSL].id

    async def test_reads_no_row_of_a_plan(self, world: World) -> None:
        past = Past(await world.a_school())
        child, kept = await past.child(1), await past.school.child("Alex", "Marsh")
        deputy = aunt(past.school, child)
        planned = await past.planned(csv_of(row("1", f"upn:{upn(1)}", text=TEXT)))
        await merged(past.school, child, kept)
        assert TEXT not in (await deputy.get(f"/v1/imports/{planned['id']}/entries")).text
        assert TEXT in (await past.lead.get(f"/v1/imports/{planned['id']}/entries")).text

    async def test_reads_no_entry_that_is_applied_after_it(self, world: World) -> None:
        past = Past(await world.a_school())
        child, kept = await past.child(1), await past.school.child("Alex", "Marsh")
        deputy = aunt(past.school, child)
        planned = await past.planned(csv_of(row("1", f"upn:{upn(1)}", text=TEXT)))
        await merged(past.school, child, kept)
        await past.approve(planned["id"])
        await past.apply(planned["id"])
        entry = past.entries()[0][0]
        assert (await deputy.get(f"/v1/past-entries/{entry}")).status_code in (403, 404)
        assert (await past.lead.get(f"/v1/past-entries/{entry}")).status_code == 200

    async def test_reads_no_concern_under_the_former_id(self, world: World, school: School) -> None:
        """As a request that began before the merge leaves it, until it is moved."""
        child, kept = await two(school)
        deputy = aunt(school, child)
        raised = await school.staff.post("/v1/concerns", a_body(child))
        concern = raised.json()["id"]
        await merged(school, child, kept)
        world.sql("update concern_child set child_id = %s where id = %s", child, concern)
        assert (await deputy.get(f"/v1/concerns/{concern}")).status_code in (403, 404)
        assert concern not in (await deputy.get("/v1/concerns")).text

    async def test_is_offered_nothing_under_the_former_id(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        aunt(school, child)
        raised = await school.staff.post("/v1/concerns", a_body(child))
        concern = raised.json()["id"]
        await merged(school, child, kept)
        world.sql("update concern_child set child_id = %s where id = %s", child, concern)
        asked = {"about_kind": "concern", "about_id": concern}
        offered = await school.lead.get("/v1/possible-owners", params=asked)
        assert offered.status_code == 200, offered.text
        owners = {one["id"] for one in offered.json()["items"]}
        assert str(school[Role.DSL].id) in owners
        assert str(school[Role.DEPUTY_DSL].id) not in owners


class TestWhatIsSealed:
    """Two may not become one because of something that a deputy does not read."""

    @pytest.mark.parametrize("sealed", ["named_together", "two_plans", None])
    async def test_answers_a_request_as_where_nothing_is(
        self, world: World, school: School, sealed: str | None
    ) -> None:
        child, kept = await two(school)
        if sealed == "named_together":
            await classify(world, await a_concern(school, child, kept), "K5")
        elif sealed == "two_plans":
            for one in (child, kept):
                body = {name: str(school[role].id) for name, role in ADULTS.items()}
                made = await school.lead.post(f"/v1/children/{one}/support-plan", body)
                assert made.status_code == 201, made.text
            world.sql(
                "update safety_record set confidentiality = 'K5' where school_id = %s", school.id
            )
        asked = await merge(school, child, kept, school.api(Role.DEPUTY_DSL))
        assert (asked.status_code, asked.json()["state"]) == (200, "asked"), asked.text
        done = await merge(school, child, kept)
        assert done.json().get("blocked_by") == ([sealed] if sealed else None), done.text

    async def test_is_left_to_a_person_who_reads_it(self, world: World, school: School) -> None:
        child, kept = await two(school)
        assert (await merge(school, child, kept)).json()["state"] == "asked"
        concern = await a_concern(school, child, kept)
        await classify(world, concern, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        answer = await merge(school, child, kept, deputy)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")
        await classify(world, concern, "K3")
        answer = await merge(school, child, kept, deputy)
        assert answer.json()["blocked_by"] == ["named_together"]


class TestTheFormerName:
    async def test_finds_the_one_who_goes_on(self, school: School) -> None:
        child = await school.child("Ada", "Zimmer")
        kept = await school.child("Beatrix", "Quill")
        await merged(school, child, kept)
        assert await names_found(school.lead, "Zimmer") == [str(kept)]
        await unmerged(school, child)
        assert await names_found(school.lead, "Zimmer") == [str(child)]
        assert await names_found(school.lead, "Quill") == [str(kept)]

    async def test_stays_when_the_child_is_renamed(self, world: World, school: School) -> None:
        first = await school.child("Ada", "Zimmer")
        second = await school.child("Beatrix", "Quill")
        third = await school.child("Cara", "Rowe")
        await merged(school, first, second)
        await merged(school, second, third)
        answer = await school.lead.patch(
            f"/v1/children/{third}", {"legal_family_name": "Stone"},
            version=world.version("child", third),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        for name in ("Zimmer", "Quill", "Stone"):
            assert await names_found(school.lead, name) == [str(third)]

    async def test_stays_when_a_roster_renames_the_child(self, school: School) -> None:
        roster = Roster(school)
        users = (pupil("s1"), *pupils(30))
        await roster.bring(package(*users))
        child, kept = await school.child("Ada", "Zimmer"), roster.child("s1")["id"]
        await merged(school, child, UUID(kept))
        renamed = pupil("s1").replace("Jack", "Jonas")
        assert (await roster.bring(package(renamed, *users[1:])))["state"] == "applied"
        for name in ("Zimmer", "Jonas"):
            assert await names_found(school.lead, name) == [kept]

    async def test_hides_an_alert(self, school: School, tool: Tool) -> None:
        child = await school.child("Ada", "Zimmer", year_group="7")
        kept = await school.child("Beatrix", "Quill", year_group="7")
        deputy = aunt(school, child)
        await merged(school, child, kept)
        sent = (await tool.sent(subject={"name": "Ada Zimmer"}))["id"]
        assert await sees(deputy, sent) == HIDDEN


async def merged_then(world: World, school: School, child: UUID, into: UUID, by: Api) -> None:
    """Two people, who signed in at the moment to which the clock was set."""
    other = await world.a_person(school.id, Role.DSL)
    await merge(school, child, into, by=world.as_token(other.token))
    answer = await merge(school, child, into, by=by)
    assert answer.json()["state"] == "merged", answer.text


class TestAPathway:
    async def test_keeps_how_far_each_pupil_is(self, world: World, school: School) -> None:
        ada, bo = await school.child("Ada"), await school.child("Bo")
        kept = await school.child("Adah")
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            named = {"child_ids": [str(ada)]}
            await taken(lead, concern, "check", {"seen_by": "Ms Roe"} | named)
            await taken(lead, concern, "leave-safely", LEFT | named)
            before, owed = await states(lead, concern), of(world, concern, ada)
            await merged_then(world, school, ada, kept, lead)
            after = await states(lead, concern)
            assert after == {str(kept): before[str(ada)], str(bo): before[str(bo)]}
            assert after[str(kept)] != after[str(bo)]
            assert of(world, concern, kept) == owed
            back = await lead.post(
                f"/v1/children/{ada}/unmerge", {"reason": "Two."},
                version=world.version("child", ada),
            )  # fmt: skip
            assert back.json()["not_restored"] == []
            assert await states(lead, concern) == before


class TestAMark:
    async def test_under_the_former_id_is_of_the_one_who_goes_on(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child, kept = await two(school)
            third = await school.child("Jacques", "Marsh", year_group="7")
            lead = fresh(world, school[Role.DSL])
            body = {"kind": "child_in_need", "valid_from": "2026-10-01", "source": "SW"}
            await created(lead, f"/v1/children/{third}/statuses", body)
            for one, into in ((child, kept), (kept, third)):
                await merged_then(world, school, one, into, lead)
            answer = await send(office(school), a_mark(child))
        assert answer.json()["taken"] == 1
        calls = world.sql("select child_id from task where kind = 'absence_call'")
        assert (third,) in calls
        assert world.sql("select count(*) from attendance_mark where child_id = %s", third) == [
            (1,)
        ]


class TestASanction:
    async def test_under_the_former_id_is_of_the_one_who_goes_on(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child, kept = await two(school)
            await about(world, school, kept)
            lead = fresh(world, school[Role.DSL])
            await merged_then(world, school, child, kept, lead)
            body = {"kind": "sent_home", "on": str(MONDAY.date()), "reason": "He shouted."}
            answer = await office(school).post(f"/v1/children/{child}/sanctions", body)
        assert answer.json() == {"received": True}
        asked = "select child_id from sanction where school_id = %s"
        assert world.sql(asked, school.id) == [(kept,)]
