"""Linked concerns: what is linked, who is asked, what explains it, and who learns nothing."""

import asyncio
import json
import re
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.linking import (
    a_child_group,
    a_link,
    a_linkable,
    linked_concerns,
    long_here,
    look_through,
    tasks_of,
)
from tests.api.records import a_concern
from tests.inconsistency import find_inconsistent
from tests.world import Person, School, World

FORBIDDEN = re.compile(r"cluster|contagio|copycat|epidemic|index case|spread", re.I)
LOOKED = {"with_whom": "The head of year", "follows": "Each has somebody to go to."}


async def fits(world: World, school: School) -> bool:
    """Whether everything open of the school has its owner and clock."""
    async with world.work(school.id) as work:
        return not await find_inconsistent(await work.driver(), school.id)


class TestFiring:
    async def test_t21_an_unconfirmed_child_group_is_silent_and_a_confirmed_one_fires_once(
        self, world: World, school: School
    ) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        concerns = {await a_linkable(school, child) for child in children}
        child_group = await a_child_group(school, "friend", *children)
        assert await look_through(world, school) == 0
        await school.lead.post(f"/v1/child-groups/{child_group['id']}/confirm", version=1)
        assert [await look_through(world, school) for _ in range(3)] == [1, 0, 0]
        (card,) = await linked_concerns(school.lead)
        (task,) = tasks_of(world, school)
        assert task == (school[Role.DSL].id, UUID(card["id"]), "K3")
        opened = (await school.lead.get(f"/v1/linked-concerns/{card['id']}")).json()
        assert {row["concern"]["id"] for row in opened["rows"]} == concerns
        (link,) = opened["links"]
        assert link["child_group"]["about"]["id"] == child_group["id"]
        assert link["child_group"]["stated_by"]["id"] == str(school[Role.DEPUTY_DSL].id)
        assert link["child_group"]["confirmed_by"]["id"] == str(school[Role.DSL].id)
        assert opened["label"] == "Linked concerns, please look together"
        assert opened["rule"]["unknown"].startswith("We do not know")
        assert opened["vocabulary_status"] == "draft vocabulary, not yet clinically reviewed"
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            assert [one["id"] for one in await linked_concerns(school.api(role))] == [card["id"]]
        for role in (
            Role.STAFF, Role.PASTORAL, Role.GOVERNOR, Role.CHAIR_OF_GOVERNORS, Role.TRUST_LEAD,
            Role.SCHOOL_ADMIN,
        ):  # fmt: skip
            api = school.api(role)
            assert (await api.get("/v1/linked-concerns")).status_code == 403
            assert (await api.get(f"/v1/linked-concerns/{card['id']}")).status_code == 403
        told = world.sql(
            "select distinct recipient_id from alert where school_id = %s and kind = 'task_set' "
            "and noun = 'task' and thing_id in "
            "(select id from task where kind = 'linked_concerns')",
            school.id,
        )
        assert told == [(school[Role.DSL].id,)]
        assert await fits(world, school)

    async def test_t33_dismissed_stays_quiet_until_there_is_a_new_row(
        self, world: World, school: School
    ) -> None:
        children = [
            await school.child(given, year_group=year)
            for given, year in (("Alex", "7"), ("Robin", "8"), ("Sam", "9"))
        ]
        for child in children[:2]:
            await a_linkable(school, child)
        await a_child_group(school, "team", *children, label="Rounders", confirm=True)
        assert await look_through(world, school) == 1
        (card,) = await linked_concerns(school.lead)
        path = f"/v1/linked-concerns/{card['id']}/dismiss"
        body = {"reason": "They were ill in the same week, we spoke with both."}
        done = await school.lead.post(path, body, version=1)
        assert (done.status_code, done.json()["state"]) == (200, "dismissed")
        assert done.json()["permissions"] == []
        assert tasks_of(world, school) == []
        assert await look_through(world, school) == 0
        assert await linked_concerns(school.lead) == []
        await a_child_group(school, "friend", *children[:2], confirm=True)
        assert await look_through(world, school) == 0
        await a_linkable(school, children[2])
        assert await look_through(world, school) == 1
        (again,) = await linked_concerns(school.lead)
        assert (again["id"] != card["id"], again["row_count"]) == (True, 3)
        late = await school.lead.post(path, body, version=2)
        assert (late.status_code, late.json()["code"]) == (409, "linked_concern_ended")
        assert await fits(world, school)

    async def test_e09_many_notes_of_one_keen_tutor_link_nothing(
        self, world: World, school: School
    ) -> None:
        child, friend = await school.child(), await school.child("Robin", "Dale")
        await a_child_group(school, "friend", child, friend, confirm=True)
        for day in range(7):
            await a_concern(
                school, child, occurred_at=(clock.now() - timedelta(days=6 * day)).isoformat(),
                source="staff_observation",
            )  # fmt: skip
        await a_linkable(school, friend)
        assert await look_through(world, school) == 0
        assert tasks_of(world, school) == []

    async def test_a_kind_that_is_told_anew_can_link(self, world: World, school: School) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        await a_child_group(school, "friend", *children, confirm=True)
        await a_linkable(school, children[0])
        other = await a_linkable(school, children[1], self_harm={"kind": "worry_without_words"})
        assert await look_through(world, school) == 0
        asked = jobs_of(world, school)
        said = {
            "kind": "correction", "text": "She said that she wants to die.", "reason": "Asked.",
            "self_harm": {"kind": "thoughts_of_suicide"},
        }  # fmt: skip
        answer = await school.staff.post(f"/v1/concerns/{other}/amendments", said)
        assert answer.status_code == 201, answer.text
        assert jobs_of(world, school) == asked + 1
        assert await look_through(world, school) == 1

    async def test_two_looks_at_once_fire_once(self, world: World, school: School) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        await a_child_group(school, "friend", *children, confirm=True)
        for child in children:
            await a_linkable(school, child)
        made = await asyncio.gather(*(look_through(world, school) for _ in range(4)))
        assert sorted(made) == [0, 0, 0, 1]


class TestYearNine:
    async def test_e05_three_in_a_year_are_shown_with_all_that_may_explain_it(
        self, world: World, school: School
    ) -> None:
        """Three of year 9 in 24 days, two in one dance club, one told to a new counsellor."""
        long_here(world, school)
        counsellor = await school.person(Role.STAFF, "New Counsellor")
        nine = {"year_group": "9", "registration_group": "9B"}
        children = [await school.child(given, **nine) for given in ("Alex", "Robin", "Sam")]
        first = clock.now() - timedelta(days=25)
        days = {"starts_on": first.date().isoformat(), "ends_on": clock.now().date().isoformat()}
        note = {"kind": "awareness", "label": "A week of assemblies about feelings"} | days
        assert (await school.lead.post("/v1/calendar-notes", note)).status_code == 201
        await a_child_group(school, "club", *children[:2], label="Dance", confirm=True)
        await a_linkable(school, children[0], days_ago=25)
        await a_linkable(school, children[1], days_ago=12)
        await a_linkable(school, children[2], by=api_of(world, counsellor))
        assert await look_through(world, school) == 2
        cards = {one["rule_id"]: one for one in await linked_concerns(school.lead)}
        assert set(cards) == {"sh.linked_pair", "sh.group3"}
        group = (await school.lead.get(f"/v1/linked-concerns/{cards['sh.group3']['id']}")).json()
        pair = (
            await school.lead.get(f"/v1/linked-concerns/{cards['sh.linked_pair']['id']}")
        ).json()
        assert [link["year_group"] for link in group["links"]] == ["9"]
        assert (pair["links"][0]["child_group"]["label"], len(pair["rows"])) == ("Dance", 2)
        others = {one["code"]: one for one in group["other_explanations"]}
        assert set(others) == {"small_numbers", "calendar_note", "new_recorder"}
        assert others["calendar_note"]["note"]["kind"] == "awareness"
        assert others["new_recorder"]["rows"] == 1
        assert "call_public_health" in group["suggestions"]
        assert [one["count"] for one in group["numbers"]] == [3, None, None]
        for role in (Role.PASTORAL, Role.STAFF):
            assert (await school.api(role).get("/v1/linked-concerns")).status_code == 403
        assert {owner for owner, _, _ in tasks_of(world, school)} == {school[Role.DSL].id}
        assert not FORBIDDEN.search(json.dumps([group, pair]))

    async def test_earlier_years_are_plain_numbers_where_the_record_has_them(
        self, world: World, school: School
    ) -> None:
        children = [await school.child(given) for given in ("Alex", "Robin", "Sam", "Kit")]
        old = await a_linkable(school, children[3], days_ago=370)
        await a_linkable(school, children[3], days_ago=740)
        world.sql("update concern set recorded_at = now() - interval '3 years' where id = %s", old)
        for child in children[:3]:
            await a_linkable(school, child)
        assert await look_through(world, school) == 1
        (card,) = await linked_concerns(school.lead)
        opened = (await school.lead.get(f"/v1/linked-concerns/{card['id']}")).json()
        assert [one["count"] for one in opened["numbers"]] == [3, 1, 1]

    async def test_one_author_of_all_is_noted(self, world: World, school: School) -> None:
        long_here(world, school)
        linked, _, _ = await a_link(world, school)
        opened = (await school.lead.get(f"/v1/linked-concerns/{linked}")).json()
        codes = [one["code"] for one in opened["other_explanations"]]
        assert codes == ["small_numbers", "same_author"]


def jobs_of(world: World, school: School) -> int:
    """How often the rules were asked to look."""
    rows = world.sql(
        "select count(*) from procrastinate_jobs "
        "where task_name = 'child_groups.look' and args->>'school_id' = %s",
        str(school.id),
    )
    return int(rows[0][0])


def api_of(world: World, person: Person):  # type: ignore[no-untyped-def]
    """The API as one more person."""
    return world.as_token(person.token)


class TestOtherRules:
    async def test_one_place_on_site_is_shown_without_anybody(
        self, world: World, school: School
    ) -> None:
        spot = new_id()
        world.sql(
            "insert into site_request (school_id, id, place, needs, noted_by, noted_at)"
            " values (%s, %s, 'Behind the gym', 'see_to', %s, now())",
            school.id, spot, school[Role.DSL].id,
        )  # fmt: skip
        for given in ("Alex", "Robin"):
            concern = await a_linkable(school, await school.child(given, "Hiddenname"))
            body = {"site_request_id": str(spot)}
            answer = await school.lead.post(f"/v1/concerns/{concern}/marks", body)
            assert answer.status_code == 201, answer.text
        assert await look_through(world, school) == 1
        (card,) = await linked_concerns(school.lead)
        opened = await school.lead.get(f"/v1/linked-concerns/{card['id']}")
        shown = opened.json()
        assert (shown["rule_id"], shown["rows"], shown["row_count"]) == ("sh.same_place", [], 2)
        assert (shown["links"][0]["label"], shown["suggestions"]) == (
            "Behind the gym", ["see_to_place"],
        )  # fmt: skip
        assert "Hiddenname" not in opened.text

    async def test_what_was_named_twice_is_a_word_of_staff(
        self, world: World, school: School
    ) -> None:
        added = await school.lead.post(
            "/v1/linked-concerns/named-content", {"kind": "online_group", "label": "Night owls"}
        )
        assert added.status_code == 201, added.text
        concerns = [await a_concern(school, await school.child(given)) for given in ("Al", "Bo")]
        for concern in concerns:
            body = {"named_content_id": added.json()["id"]}
            path = f"/v1/concerns/{concern}/marks"
            assert (await school.lead.post(path, body)).status_code == 201
            again = await school.lead.post(path, body)
            assert (again.status_code, again.json()["code"]) == (409, "already_marked")
            for name in ("named_content_id", "site_request_id"):
                unknown = await school.lead.post(path, {name: str(new_id())})
                assert unknown.status_code == 404
                assert unknown.json()["code"] == "named_content_not_found"
        assert await look_through(world, school) == 1
        (card,) = await linked_concerns(school.lead)
        opened = (await school.lead.get(f"/v1/linked-concerns/{card['id']}")).json()
        assert (opened["rule_id"], opened["links"][0]["label"]) == (
            "sh.named_content", "Night owls",
        )  # fmt: skip

    @pytest.mark.parametrize("label", ["https://x.example", "www.x.example", "x.example/y"])
    async def test_no_address_of_what_was_named_is_kept(self, school: School, label: str) -> None:
        body = {"kind": "site", "label": label}
        answer = await school.lead.post("/v1/linked-concerns/named-content", body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "address")

    async def test_words_in_the_account_link_nothing(self, world: World, school: School) -> None:
        for given in ("Alex", "Robin"):
            said = [{"kind": "child_said", "text": "It was in the group Night owls."}]
            child = await school.child(given, year_group=None)
            await a_linkable(school, child, account=said)
        assert await look_through(world, school) == 0

    async def test_after_a_death_whoever_may_be_affected_is_looked_at(
        self, world: World, school: School
    ) -> None:
        case, child = new_id(), await school.child()
        world.sql(
            "insert into bereavement_case (school_id, id, state, person_died, person, learned_from,"
            " died_on, cause_wording, cause_approvals, lead_id, proposed_by, proposed_at,"
            " decided_by, decided_at, changed_at) values (%s, %s, 'closed', 'ex_pupil', 'Somebody',"
            " 'family', current_date - 20, 'died suddenly', '[]', %s, %s, now(), %s, now(), now())"
            .replace("'closed'", "'open'"),
            school.id, case, school[Role.HEADTEACHER].id, school[Role.DSL].id,
            school[Role.HEADTEACHER].id,
        )  # fmt: skip
        world.sql(
            "insert into affected_person (school_id, id, case_id, child_id, reason_codes, offer,"
            " owner_id, left_alone, added_by, added_at, changed_at)"
            " values (%s, %s, %s, %s, '{close_friend}', 'not_yet', %s, false, %s, now(), now())",
            school.id, new_id(), case, child, school[Role.DSL].id, school[Role.DSL].id,
        )  # fmt: skip
        await a_linkable(school, child)
        assert await look_through(world, school) == 1
        world.sql(
            "update bereavement_case set state = 'closed', ended_at = now() where id = %s", case
        )
        (card,) = await linked_concerns(school.lead)
        opened = (await school.lead.get(f"/v1/linked-concerns/{card['id']}")).json()
        assert opened["rule_id"] == "sh.after_death"
        assert opened["links"][0]["lead"]["id"] == str(school[Role.HEADTEACHER].id)
        assert "tell_bereavement_owner" in opened["suggestions"]


class TestLookTogether:
    async def test_keeps_who_looked_and_what_follows_and_ends_the_task(
        self, world: World, school: School
    ) -> None:
        linked, _, _ = await a_link(world, school)
        path = f"/v1/linked-concerns/{linked}/joint-review"
        body = LOOKED | {"at": clock.now().isoformat()}
        assert (await school.lead.post(path, body)).status_code == 428
        assert (await school.lead.post(path, body, version=7)).status_code == 412
        later = LOOKED | {"at": (clock.now() + timedelta(days=1)).isoformat()}
        assert (await school.lead.post(path, later, version=1)).status_code == 422
        done = await school.api(Role.HEADTEACHER).post(path, body, version=1)
        assert (done.status_code, done.json()["state"]) == (200, "looked_together")
        assert done.json()["looked"]["with_whom"] == LOOKED["with_whom"]
        assert tasks_of(world, school) == []
        assert [one["id"] for one in await linked_concerns(school.lead, "?state=ended")] == [linked]
        assert await fits(world, school)

    async def test_ends_smaller_ones_that_are_part_of_it(
        self, world: World, school: School
    ) -> None:
        children = [await school.child(given) for given in ("Alex", "Robin", "Sam")]
        await a_child_group(school, "class", *children, confirm=True)
        for child in children[:2]:
            await a_linkable(school, child)
        await look_through(world, school)
        await a_linkable(school, children[2])
        await look_through(world, school)
        pairs = await linked_concerns(school.lead, "?rule_id=sh.linked_pair")
        assert [one["row_count"] for one in pairs] == [3, 2]
        path = f"/v1/linked-concerns/{pairs[0]['id']}/joint-review"
        body = LOOKED | {"at": clock.now().isoformat()}
        assert (await school.lead.post(path, body, version=1)).status_code == 200
        assert await linked_concerns(school.lead, "?rule_id=sh.linked_pair") == []
        assert len(tasks_of(world, school)) == 1  # of the year group

    async def test_the_task_ends_in_no_other_way(self, world: World, school: School) -> None:
        await a_link(world, school)
        ((task, version),) = world.sql(
            "select id, version from task where school_id = %s and kind = 'linked_concerns'",
            school.id,
        )
        answer = await school.lead.post(f"/v1/tasks/{task}/complete", {}, version=version)
        assert (answer.status_code, answer.json()["code"]) == (409, "task_of_record")
