"""Suggestions about telling parents: rows with reasons, and only those who may be are offered."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.sharing.informing_parents.rules import table
from tests.api.pathways import a_pathway
from tests.api.record.test_concerns import step
from tests.api.records import a_concern, a_contact, classify
from tests.world import School, World

ORDER = {
    "kind": "prohibited_steps", "summary": "No contact with school.", "made_on": "2026-01-05",
    "ends_on": None, "forbids_telling": True,
}  # fmt: skip


def born(years: int) -> date:
    """Somebody's birth date who is so many years old for half a year."""
    today = clock.now().date()
    return (today - timedelta(days=180)).replace(year=(today - timedelta(days=180)).year - years)


async def ask(school: School, concern: str, role: Role = Role.DSL, query: str = "") -> Any:
    answer = await school.api(role).get(f"/v1/concerns/{concern}/parents-options{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(found: Any) -> list[str]:
    return [one["row"] for one in found["suggestions"]]


def facts_of(found: Any, row: str) -> set[str]:
    return {
        why["fact"] for one in found["suggestions"] if one["row"] == row for why in one["facts"]
    }


def offered(found: Any) -> dict[str, list[str]]:
    return {one["name"]: one["not_offered_reason_codes"] for one in found["contacts"]}


class TestTable:
    def test_names_every_row_with_what_to_write(self) -> None:
        assert len(table()) == 14
        assert all(row.situation and row.default and row.write and row.source for row in
                   table().values())  # fmt: skip
        assert {one for one, row in table().items() if row.second_lead} == {"row_4", "row_5"}

    async def test_has_the_codes_of_its_vocabularies(self, school: School) -> None:
        async def codes(name: str) -> set[str]:
            answer = await school.staff.get(f"/v1/vocabularies/{name}")
            assert answer.json()["review"] == "draft vocabulary, not yet clinically reviewed"
            return {one["code"] for one in answer.json()["terms"]}

        assert await codes("parents_rows") == set(table())
        written = {one for row in table().values() for one in row.write}
        assert written <= await codes("parents_to_write")


class TestSuggestions:
    @pytest.mark.parametrize(
        ("years", "row"), [(9, "row_3"), (12, "row_3"), (13, "row_4"), (15, "row_4"),
                           (16, "row_5"), (17, "row_5")],
    )  # fmt: skip
    async def test_take_age_as_a_prompt(
        self, world: World, school: School, years: int, row: str
    ) -> None:
        child = await school.child(date_of_birth=born(years))
        found = await ask(school, await a_pathway(world, school, child))
        assert found["facts"]["age"] == years
        assert {"row_3", "row_4", "row_5"} & set(rows(found)) == {row}
        (why,) = next(one for one in found["suggestions"] if one["row"] == row)["facts"]
        assert (why["fact"], "prompt for judgement" in why["text"]) == ("age", True)

    async def test_put_words_about_dying_before_age(self, world: World, school: School) -> None:
        child = await school.child(date_of_birth=born(14))
        concern = await a_pathway(world, school, child, kind="thoughts_of_suicide")
        found = await ask(school, concern)
        assert rows(found) == ["row_2"], "no row says that telling can wait"
        older = await school.child("Bo", date_of_birth=born(16))
        concern = await a_pathway(world, school, older, kind="suicide_attempt")
        assert rows(await ask(school, concern)) == ["row_2", "row_5"]

    async def test_say_nothing_about_an_age_that_is_not_known(
        self, world: World, school: School
    ) -> None:
        child = await school.child(date_of_birth=None)
        found = await ask(school, await a_pathway(world, school, child))
        assert rows(found) == []
        assert "The date of birth is not known." in found["not_known"]

    async def test_e8_put_harm_at_home_first(self, world: World, school: School) -> None:
        child = await school.child(date_of_birth=born(14))
        father = await a_contact(
            world, school, child, kind="father", name="Lee Marsh", alleged_source_of_harm=True,
            lives_with="yes",
        )  # fmt: skip
        mother = await a_contact(world, school, child, lives_with="yes")
        concern = await a_pathway(world, school, child, kind="thoughts_of_suicide")
        found = await ask(school, concern)
        assert rows(found) == ["row_6", "row_2"]
        assert found["suggestions"][1]["settle_first"] == ["row_6"]
        assert facts_of(found, "row_6") == {"contact_source_of_harm"}
        contacts = {one["id"]: one for one in found["contacts"]}
        assert contacts[father]["not_offered_reason_codes"] == [
            "alleged_source_of_harm",
            "home_first",
        ]
        assert contacts[mother]["not_offered_reason_codes"] == ["home_first"], (
            "not before social care was asked"
        )

    async def test_offer_the_other_parent_who_lives_elsewhere(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_contact(
            world, school, child, kind="father", name="Lee Marsh", alleged_source_of_harm=True,
            lives_with="no",
        )  # fmt: skip
        await a_contact(world, school, child, lives_with="yes")
        found = await ask(school, await a_pathway(world, school, child))
        assert offered(found) == {"Kim Marsh": [], "Lee Marsh": ["alleged_source_of_harm"]}
        assert {"contact_source_of_harm"} == facts_of(found, "row_6")
        assert "row_7" in rows(found)

    async def test_take_the_concern_and_the_latest_check_as_facts(
        self, world: World, school: School
    ) -> None:
        child = await school.child(date_of_birth=born(14))
        uncle = await a_contact(world, school, child, kind="aunt_or_uncle", name="Uncle Ed")
        concern = await a_pathway(world, school, child, alleged_source_of_harm="parent_carer")
        body = {
            "kind": "safety_check",
            "safe_at_home": {"value": "no"}, "anyone_hurting_you": {"value": "Not saying who."},
            "taken_anything": {"value": "yes"},
            "who_must_not_know": {"value": [{"who": "Uncle Ed", "contact_id": uncle}]},
        }  # fmt: skip
        path = f"/v1/children/{child}/records"
        check = (await school.lead.post(path, body)).json()["id"]
        found = await ask(school, concern)
        assert rows(found)[:2] == ["row_1", "row_6"]
        assert facts_of(found, "row_1") == {"something_taken", "emergency"}
        assert facts_of(found, "row_6") == {
            "concern_source_of_harm", "unsafe_at_home", "somebody_hurts"
        }  # fmt: skip
        assert facts_of(found, "row_12") == {"must_not_know"}
        assert (found["facts"]["latest_check_id"], found["facts"]["latest_check_old"]) == (
            check, False
        )  # fmt: skip
        assert offered(found) == {"Uncle Ed": ["pupil_said_not", "home_first"]}

    async def test_take_an_earlier_word_about_home_that_the_reader_may_read(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child(date_of_birth=born(14)), await school.child("Robin")
        await a_contact(world, school, child)
        at_home = {"alleged_source_of_harm": "parent_carer"}
        concern = await a_pathway(world, school, child)
        await a_concern(school, other, child, **at_home)  # who saw it is not who is harmed
        await a_concern(school, child, alleged_source_of_harm="peer_other")
        assert "row_6" not in rows(await ask(school, concern))
        earlier = await a_concern(school, child, **at_home)
        found = await ask(school, concern)
        assert rows(found)[0] == "row_6"
        (why,) = found["suggestions"][0]["facts"]
        assert (why["fact"], why["concern_id"]) == ("told_before", earlier)
        assert offered(found) == {"Kim Marsh": ["home_first"]}
        await classify(world, earlier, "K5")
        assert "row_6" not in rows(await ask(school, concern, Role.DEPUTY_DSL))
        await classify(world, earlier, "K3")
        long_ago = "update concern set recorded_at = recorded_at + %s where id = %s"
        world.sql(long_ago, timedelta(days=-400), earlier)
        assert "row_6" not in rows(await ask(school, concern)), "as far back as others are shown"
        world.sql(long_ago, timedelta(days=400), earlier)
        await step(school.lead, earlier, "withdraw", {"reason": "It was about another child."})
        assert rows(await ask(school, concern))[0] == "row_6", "until a second person agrees"
        signed = {"agree": True, "reason": "So it was."}
        answer = await step(school.api(Role.HEADTEACHER), earlier, "countersign", signed)
        assert answer.status_code == 200, answer.text
        assert "row_6" not in rows(await ask(school, concern))

    async def test_silence_about_home_is_no_safety(self, world: World, school: School) -> None:
        child = await school.child(date_of_birth=born(14))
        concern = await a_pathway(world, school, child, kind="thoughts_of_suicide")
        unasked = "Whether home is safe: nobody has written that the pupil was asked. Ask first."
        found = await ask(school, concern)
        (row,) = [one for one in found["suggestions"] if one["row"] == "row_2"]
        assert "nothing written makes home a worry: ask first" in row["situation"]
        assert unasked in found["not_known"]
        path = f"/v1/children/{child}/records"
        for said, known in (
            ({"none": "declined"}, False), ({"value": "not_sure"}, False), ({"value": "yes"}, True),
        ):  # fmt: skip
            answer = await school.lead.post(path, {"kind": "safety_check", "safe_at_home": said})
            if answer.status_code == 422:
                continue
            found = await ask(school, concern)
            assert (unasked not in found["not_known"]) is known

    async def test_take_what_was_written_with_emergency_help(
        self, world: World, school: School
    ) -> None:
        child = await school.child(date_of_birth=born(14))
        concern = await a_pathway(world, school, child)
        said = {"reason_codes": ["swallowed"], "called": ["not_yet"]}
        await step(school.lead, concern, "emergency", said)
        assert facts_of(await ask(school, concern), "row_1") == {"something_swallowed", "emergency"}
        await step(school.lead, concern, "leave-safely", {"handed_to": "Her grandmother"})
        found = await ask(school, concern)
        assert facts_of(found, "row_1") == {"something_swallowed"}

    async def test_keep_back_whom_an_earlier_decision_held_back(
        self, world: World, school: School
    ) -> None:
        child = await school.child(date_of_birth=born(14))
        father = await a_contact(world, school, child, kind="father", name="Lee Marsh")
        await a_contact(world, school, child)
        concern = await a_pathway(world, school, child)
        assert offered(await ask(school, concern)) == {"Kim Marsh": [], "Lee Marsh": []}
        body = {
            "outcome": "not_told", "reason": "She is afraid of what he would do.",
            "rows": ["row_6"],
            "source_of_harm": [father],
        }  # fmt: skip
        decided = await school.lead.post(f"/v1/concerns/{concern}/decide-on-parents", body)
        assert decided.status_code == 201, decided.text
        may_be_told = "update contact set may_be_told = true where id = %s"
        world.sql(may_be_told, father)
        found = await ask(school, concern)
        (why,) = next(one for one in found["suggestions"] if one["row"] == "row_6")["facts"]
        assert (why["fact"], why["record_id"]) == ("decided_before", decided.json()["id"])
        assert rows(found)[0] == "row_6"
        assert offered(found) == {
            "Kim Marsh": ["home_first"], "Lee Marsh": ["held_back_before", "home_first"]
        }  # fmt: skip
        other = await a_pathway(world, school, child)
        assert "row_6" not in rows(await ask(school, other)), "of another concern"

    async def test_words_to_send_only_where_they_are_true(
        self, world: World, school: School
    ) -> None:
        child = await school.child(date_of_birth=born(14))
        concern = await a_pathway(world, school, child)

        async def words(query: str = "") -> Any:
            return (await ask(school, concern, query=query))["words_to_send"]

        assert await words() is None, "nobody has written that an adult is with them"
        await step(school.lead, concern, "with-adult", {"name": "Mr Bell"})
        assert (await words()).startswith("Please ring me today.")
        assert await words("?row=row_6") is None
        await step(school.lead, concern, "emergency", {"called": ["ambulance"]})
        assert await words() is None

    async def test_take_what_whoever_asks_knows(self, world: World, school: School) -> None:
        child = await school.child(date_of_birth=born(14))
        await a_contact(world, school, child)
        concern = await a_pathway(world, school, child)
        said = "?row=row_6&row=row_6b&row=row_9&row=row_13"
        found = await ask(school, concern, query=said)
        assert rows(found) == ["row_6", "row_4", "row_6b", "row_9", "row_13"]
        assert facts_of(found, "row_6") == {"said_by_you"}
        assert offered(found) == {"Kim Marsh": ["home_first"]}

    async def test_of_a_looked_after_child_offer_the_social_worker(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        worker = {"kind": "social_worker", "name": "Pat Ode", "parental_responsibility": "unknown"}
        await a_contact(world, school, child, **worker)
        concern = await a_pathway(world, school, child)
        assert offered(await ask(school, concern)) == {"Pat Ode": ["professional"]}
        status = {"kind": "looked_after", "valid_from": "2026-01-05", "source": "school"}
        made = await school.lead.post(f"/v1/children/{child}/statuses", status)
        assert made.status_code == 201, made.text
        found = await ask(school, concern)
        assert offered(found) == {"Pat Ode": []}
        assert facts_of(found, "row_8") == {"looked_after"}


class TestContacts:
    async def test_t32_of_two_parents_only_the_permitted_one_is_offered(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_contact(
            world, school, child, kind="father", name="Lee Marsh", court_orders=[ORDER],
            lives_with="no",
        )  # fmt: skip
        await a_contact(world, school, child, lives_with="yes")
        found = await ask(school, await a_pathway(world, school, child))
        assert offered(found) == {"Kim Marsh": [], "Lee Marsh": ["court_order"]}
        assert [one["offered"] for one in found["contacts"]] == [True, False], "offered first"
        assert facts_of(found, "row_7") == {"court_order", "live_apart"}
        barred = found["contacts"][1]
        assert barred["court_orders"] == [ORDER]
        assert barred["may_be_told"]["value"] is False

    @pytest.mark.parametrize(
        ("columns", "why"),
        [
            ({"may_be_told": False, "may_be_told_reason": "Said so."}, "may_not_be_told"),
            ({"contact_allowed": "no"}, "contact_not_allowed"),
            ({"parental_responsibility": "unknown"}, "unknown"),
        ],
    )
    async def test_say_why_somebody_is_not_offered(
        self, world: World, school: School, columns: dict[str, Any], why: str
    ) -> None:
        child = await school.child()
        await a_contact(world, school, child, **columns)
        found = await ask(school, await a_pathway(world, school, child))
        assert offered(found) == {"Kim Marsh": [why]}

    async def test_leave_out_who_is_no_contact_any_more(self, world: World, school: School) -> None:
        child = await school.child()
        await a_contact(world, school, child, valid_to=date(2026, 1, 5))
        found = await ask(school, await a_pathway(world, school, child))
        assert found["contacts"] == []


class TestSight:
    async def test_needs_the_concern_and_the_child(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        path = f"/v1/concerns/{concern}/parents-options"
        assert (await school.staff.get(path)).status_code == 403
        assert (await other_school.lead.get(path)).status_code == 404
        await classify(world, concern, "K5")
        assert (await school.api(Role.DEPUTY_DSL).get(path)).status_code == 404

    async def test_asks_for_the_child_where_there_are_several(
        self, world: World, school: School
    ) -> None:
        children = [await school.child(), await school.child("Bo")]
        parts = [{"child_id": str(one), "role": "subject"} for one in children]
        concern = await a_concern(school, children=parts)
        path = f"/v1/concerns/{concern}/parents-options"
        asked = await school.lead.get(path)
        assert (asked.status_code, asked.json()["code"]) == (422, "child_to_name")
        found = await ask(school, concern, query=f"?child_id={children[1]}")
        assert found["child"]["id"] == str(children[1])
        elsewhere = await school.lead.get(f"{path}?child_id={await school.child('Cy')}")
        assert elsewhere.json()["code"] == "child_to_name"

    async def test_leaves_a_trace_and_changes_nothing_else(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        before = _counts(world, school.id)
        await ask(school, concern)
        assert _counts(world, school.id) == before
        (details,) = world.sql(
            "select details from trail where child_id = %s and actor_id = %s order by seq desc "
            "limit 1", child, school[Role.DSL].id,
        )  # fmt: skip
        assert details[0]["part"] == "who_to_tell"


def _counts(world: World, school_id: UUID) -> list[int]:
    tables = ("safety_record", "decision", "task", "share", "alert", "self_harm_step")
    return [
        world.sql(f"select count(*) from {one} where school_id = %s", school_id)[0][0]  # noqa: S608
        for one in tables
    ]
