"""What is put right of the pathway, what is known beside it, and who hears nothing of it."""

from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.jobs.documents import make_document
from app.jobs.queue import build_queue
from app.jobs.runner import Run
from tests.api.access.test_grants import a_grant
from tests.api.record.test_concerns import raise_one
from tests.api.safety.test_safety_checks import keep
from tests.api.safety.test_self_harm import LEADS, SAID, lead, opened, staff, taken, tasks, whole
from tests.api.safety.test_self_harm_steps import LEFT, on_pathway
from tests.jobs.climbing import MONDAY
from tests.transfers import adapters_of
from tests.world import School, World


class TestAmendConcern:
    async def test_t14_keeps_what_was_told_first_and_begins_clocks_anew(
        self, world: World, school: School
    ) -> None:
        saturday = MONDAY - timedelta(days=2)
        with clock.frozen(saturday):
            concern = await on_pathway(world, school, kind="self_harm", immediacy="routine")
            before = (await opened(lead(world, school), concern))["due_at"]
        with clock.frozen(saturday + timedelta(minutes=20)):
            body = {
                "text": "He says now that he meant to die.", "reason": "Told more.",
                "self_harm": {"kind": "suicide_attempt"},
            }  # fmt: skip
            answer = await staff(world, school).post(f"/v1/concerns/{concern}/amendments", body)
            assert answer.status_code == 201, answer.text
            record = await opened(lead(world, school), concern)
        block = record["self_harm"]
        assert (block["kind_told"], block["kind"]) == ("self_harm", "suicide_attempt")
        assert record["immediacy"] == "immediate_danger"
        assert record["due_rule"] == "sh.lead_ack"
        assert record["due_at"] < before
        last = block["steps"][-1]
        assert (last["step"], last["details"]["from"]) == ("kind_amended", "self_harm")
        urgent = world.sql(
            "select recipient_id from alert where concern_id = %s and kind = 'concern_urgent'",
            concern,
        )
        told_at_once = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
        assert {person for (person,) in urgent} == {school[one].id for one in told_at_once}
        assert len(urgent) == len(told_at_once)
        assert await whole(world, school)

    async def test_t14_owes_a_new_check_where_one_was_done_before(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school, kind="self_harm")
        await taken(school.lead, concern, "check", {"seen_by": "Ms Roe"})
        assert "sh_check" not in tasks(world, concern)
        body = {"text": "More.", "reason": "More.", "self_harm": {"kind": "thoughts_of_suicide"}}
        assert (
            await school.lead.post(f"/v1/concerns/{concern}/amendments", body)
        ).status_code == 201
        assert "sh_check" in tasks(world, concern)

    async def test_begins_the_pathway_of_a_plain_concern(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child(), immediacy="routine"))["id"]
        body = {"text": "More.", "reason": "More.", "self_harm": {"kind": "thoughts_of_suicide"}}
        assert (
            await school.lead.post(f"/v1/concerns/{concern}/amendments", body)
        ).status_code == 201
        record = await opened(school.lead, concern)
        assert record["self_harm"]["kind"] == "thoughts_of_suicide"
        assert record["immediacy"] == "today"
        assert record["due_rule"] == "sh.lead_ack_today"
        assert {"sh_check", "sh_parents"} <= tasks(world, concern).keys()
        assert await whole(world, school)


class TestAlsoKnown:
    async def test_names_other_concerns_as_places_to_look(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        other = (await raise_one(school.staff, child, immediacy="routine"))["id"]
        concern = await on_pathway(world, school, child=child)
        block = (await opened(school.lead, concern))["self_harm"]
        assert [(one["kind"], one["id"]) for one in block["also_known"]] == [("concern", other)]
        assert set(block["also_known"][0]) == {"kind", "id", "path", "at", "category", "child_id"}

    async def test_where_there_is_nothing_does_not_reassure(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        block = (await opened(school.lead, concern))["self_harm"]
        assert block["also_known"] == []
        assert "does not mean" in block["also_known_note"]

    async def test_shows_only_what_the_reader_may_read(self, world: World, school: School) -> None:
        child = await school.child()
        sealed = (await raise_one(school.staff, child))["id"]
        world.sql("update concern set confidentiality = 'K5' where id = %s", sealed)
        concern = await on_pathway(world, school, child=child)
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await opened(deputy, concern))["self_harm"]["also_known"] == []

    async def test_names_no_record_that_a_grant_of_the_concern_does_not_open(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await on_pathway(world, school, child=child)
        kept = await keep(school.lead, child, concern_id=concern)
        head = await school.person(Role.PASTORAL)
        grant = a_grant(head, concern_id=concern, classes=["K2", "K3", "K4"])
        answer = await school.lead.post("/v1/access/grants", grant)
        assert answer.status_code == 201, answer.text
        api = world.as_token(head.token)
        assert (await api.get(f"/v1/children/{child}/records/{kept['id']}")).status_code >= 400
        known = (await opened(school.lead, concern))["self_harm"]["also_known"]
        assert [one["id"] for one in known] == [kept["id"]]
        assert (await opened(api, concern))["self_harm"]["also_known"] == []

    async def test_the_reporter_sees_what_they_told_and_no_more(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        block = (await opened(school.staff, concern))["self_harm"]
        assert {"state", "next", "also_known"}.isdisjoint(block)
        assert [one["step"] for one in block["steps"]] == ["noticed"], "their own step"

    async def test_says_what_could_come_next_in_plain_sentences(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            block = (await opened(lead(world, school), concern))["self_harm"]
        assert block["next"][0] == "Write down which adult is with the pupil now."
        assert len(block["next"]) == 7

    async def test_e10_a_second_note_within_minutes_is_linked_to_the_first(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        first = await on_pathway(world, school, child=child, kind="worry_without_words")
        second = (await raise_one(school.api(Role.PASTORAL), child, immediacy="routine"))["id"]
        (last,) = (await opened(school.lead, first))["self_harm"]["steps"][-1:]
        assert (last["step"], last["details"]) == ("also_noted", {"other_id": second})
        joined = world.sql(
            "select recipient_id from alert where concern_id = %s and kind = 'concern_joined'",
            first,
        )
        assert joined == [(school[Role.DSL].id,)]


async def printed_chronology(world: World, school: School, child: UUID) -> str:
    """The chronology as the lead prints it."""
    path = f"/v1/children/{child}/chronology-documents"
    job = (await school.lead.post(path, {"purpose": "court"})).json()["id"]
    adapters = adapters_of(world)
    run = Run(adapters, build_queue(adapters), {"school_id": str(school.id), "job_id": job})
    await make_document(run)
    kept = await school.lead.get(f"/v1/documents/{job}/document.json")
    assert kept.status_code == 200, kept.text
    return kept.text


class TestNamedLead:
    async def test_t11_a_lead_who_is_named_hears_nothing(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        named = school[Role.DSL]
        earlier = await on_pathway(world, school, child=child)
        concern = await on_pathway(
            world, school, child=child, staff_named=[str(named.id)], immediacy="immediate_danger",
            account=[{"text": "Zyxglorp was there."}],
        )  # fmt: skip
        about = "select count(*) from alert where recipient_id = %s and concern_id = %s"
        assert world.sql(about, named.id, concern) == [(0,)]
        deputy = school[Role.DEPUTY_DSL].id
        assert world.sql(about, deputy, concern) == [(1,)]
        owners = world.sql("select distinct owner_id from task where concern_id = %s", concern)
        assert owners == [(deputy,)]
        api = school.lead
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 404
        listed = (await api.get("/v1/concerns")).json()["items"]
        assert concern not in [one["id"] for one in listed]
        of_tasks = (await api.get("/v1/tasks")).json()["items"]
        mine = world.sql("select id from task where concern_id = %s", concern)
        assert {str(one) for (one,) in mine}.isdisjoint({one["id"] for one in of_tasks})
        block = (await opened(api, earlier))["self_harm"]
        assert concern not in str(block)
        entries = (await api.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert concern not in str(entries)
        for path in ("/v1/alerts", "/v1/overview", "/v1/concerns?state=raised"):
            answer = await api.get(path)
            assert answer.status_code == 200, answer.text
            assert concern not in answer.text, path
        printed = await printed_chronology(world, school, child)
        assert SAID in printed
        assert "Zyxglorp" not in printed
        assert concern not in printed
        called = await school.staff.post(f"/v1/concerns/{concern}/emergency", {})
        assert called.status_code == 201
        assert world.sql(about, named.id, concern) == [(0,)]
        assert await whole(world, school)

    async def test_t11_the_lead_who_reported_it_is_not_cut_off_by_others(
        self, world: World, school: School
    ) -> None:
        """Where every lead is named, the head has it."""
        names = [str(school[role].id) for role in LEADS]
        concern = await on_pathway(world, school, staff_named=names)
        owners = world.sql("select distinct owner_id from task where concern_id = %s", concern)
        assert owners == [(school[Role.HEADTEACHER].id,)]


async def test_t25_events_of_the_pathway_tell_no_kind(world: World, school: School) -> None:
    place = (await school.lead.get("/v1/changes")).json()["next"]
    concern = await on_pathway(world, school)
    await taken(school.lead, concern, "leave-safely", LEFT)
    found = str((await school.lead.get(f"/v1/changes?since={place}")).json()["items"])
    assert "task.set" in found
    for word in ("suicide", "self_harm", "sh_", "left_safely", "thoughts"):
        assert word not in found


class TestFreeLead:
    async def test_finds_an_earlier_pathway_beside_one_in_which_somebody_is_named(
        self, world: World, school: School
    ) -> None:
        """Nothing links the two where who is named could see it; whoever is free is shown it."""
        child = await school.child()
        earlier = await on_pathway(world, school, child=child)
        names = [str(school[Role.DSL].id)]
        concern = await on_pathway(world, school, child=child, staff_named=names)
        deputy = school.api(Role.DEPUTY_DSL)
        known = (await opened(deputy, concern))["self_harm"]["also_known"]
        assert earlier in str(known)
        back = (await opened(deputy, earlier))["self_harm"]["also_known"]
        assert concern in str(back)
        assert concern not in str((await opened(school.lead, earlier))["self_harm"])
        told_of = world.sql(
            "select kind from alert where recipient_id = %s and concern_id = %s",
            school[Role.DEPUTY_DSL].id, concern,
        )  # fmt: skip
        assert len(told_of) == 1
