"""Children: search, the record, the numbers a child is known by."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.ids import made_by, new_id
from app.core.words import Role
from tests.security.capture import captured
from tests.world import Api, School, World

UPN = "B801200005001"
OTHER_UPN = "A950000178301"
TEMPORARY_UPN = "M80120000500A"
SEARCH = "/v1/children/search"


async def add(
    api: Api, given: str = "Alex", family: str = "Marsh", **fields: object
) -> dict[str, Any]:
    """A child added through the API."""
    body = {"legal_given_name": given, "legal_family_name": family, **fields}
    answer = await api.post("/v1/children", body)
    assert answer.status_code == 201, answer.text
    child: dict[str, Any] = answer.json()
    return child


def verbs(world: World, noun_id: object) -> list[str]:
    rows = world.sql("select verb from trail where noun_id = %s order by seq", str(noun_id))
    return [row[0] for row in rows]


async def names(api: Api, **query: object) -> list[str]:
    answer = await api.post(SEARCH, query)
    assert answer.status_code == 200, answer.text
    return [card["name"] for card in answer.json()["items"]]


class TestReadYearGroups:
    async def test_counts_pupils_on_roll_by_form_the_youngest_first(self, school: School) -> None:
        for year, form in (("10", "10B"), ("10", "10A"), ("10", "10A"), ("R", None), ("2", "Owls")):
            group = {} if form is None else {"registration_group": form}
            await add(school.lead, year_group=year, **group)
        gone = await add(school.lead, year_group="11")
        left = {"roll_status": "left"}
        assert (
            await school.lead.patch(f"/v1/children/{gone['id']}", left, version=1)
        ).status_code == 200
        answer = await school.staff.get("/v1/year-groups")
        assert answer.status_code == 200, answer.text
        found = {
            one["year_group"]: (one["pupils"], [
                (form["registration_group"], form["pupils"]) for form in one["registration_groups"]
            ])
            for one in answer.json()["items"]
        }  # fmt: skip
        assert list(found.items()) == [
            ("R", (1, [])), ("2", (1, [("Owls", 1)])), ("10", (3, [("10A", 2), ("10B", 1)])),
        ]  # fmt: skip

    async def test_of_another_school_are_not_counted(
        self, school: School, other_school: School
    ) -> None:
        await add(school.lead, year_group="7")
        assert (await other_school.staff.get("/v1/year-groups")).json() == {"items": []}


class TestRollStatus:
    async def test_ends_and_begins_a_stay_where_a_person_sets_it(self, school: School) -> None:
        child = await add(school.lead, enrolled_from="2025-09-01")
        path, today = f"/v1/children/{child['id']}", clock.day_of(clock.now()).isoformat()

        async def set_to(status: str, version: int) -> list[tuple[str, str | None]]:
            answer = await school.lead.patch(path, {"roll_status": status}, version=version)
            assert answer.status_code == 200, answer.text
            return [(one["valid_from"], one["valid_to"]) for one in answer.json()["enrolments"]]

        assert await set_to("on_roll", 1) == [("2025-09-01", None)]
        assert await set_to("left", 2) == [("2025-09-01", today)]
        assert await set_to("on_roll", 3) == [("2025-09-01", today), (today, None)]
        entries = (await school.lead.get(f"{path}/chronology")).json()["items"]
        assert sorted(one["summary"] for one in entries) == [
            "Joined the school", "Joined the school", "Left the school",
        ]  # fmt: skip


class TestSearchChildren:
    async def test_finds_by_the_beginning_of_every_word(self, school: School) -> None:
        await add(school.lead, "Zoë", "O'Brien", known_given_name="Zee")
        await add(school.lead, "Zachary", "Obrook")
        assert await names(school.staff, q="obri zo") == ["Zee O'Brien"]
        assert await names(school.staff, q="ZEE") == ["Zee O'Brien"]
        assert await names(school.staff, q="ob z") == ["Zee O'Brien", "Zachary Obrook"]
        assert await names(school.staff, q="ob x") == []

    async def test_finds_a_similar_name_only_where_none_fits(self, school: School) -> None:
        await add(school.lead, "Jonathan", "Smith")
        await add(school.lead, "Jonathan", "Smythe")
        await add(school.lead, "Maria", "Lopez")
        answer = await school.staff.post(SEARCH, {"q": "Jonathn Smiht"})
        found = answer.json()
        assert [card["name"] for card in found["items"]] == ["Jonathan Smith"]
        assert {card["matched"] for card in found["items"]} == {"similar"}
        assert found["next"] is None
        exact = await school.staff.post(SEARCH, {"q": "smith"})
        assert [(c["name"], c["matched"]) for c in exact.json()["items"]] == [
            ("Jonathan Smith", "exact")
        ]

    async def test_puts_the_nearest_similar_name_first(self, school: School) -> None:
        await add(school.lead, "A", "Katherine")
        await add(school.lead, "B", "Catherine")
        assert await names(school.staff, q="katherinne") == ["A Katherine", "B Catherine"]

    async def test_finds_a_short_name_with_two_letters_swapped(self, school: School) -> None:
        await add(school.lead, "Jade", "Reed")
        assert await names(school.staff, q="jdae") == ["Jade Reed"]

    async def test_mixes_a_right_word_with_a_misspelt_one(self, school: School) -> None:
        await add(school.lead, "Jon", "Alexander")
        await add(school.lead, "Ann", "Alexander")
        assert await names(school.staff, q="jo alxeander") == ["Jon Alexander"]

    async def test_filters(self, school: School) -> None:
        await add(school.lead, "In", "Seven", year_group="7", registration_group="7A")
        await add(school.lead, "In", "Eight", year_group="8", registration_group="8B")
        await add(school.lead, "Has", "Left", roll_status="left", year_group="7")
        assert await names(school.staff) == ["In Eight", "In Seven"]
        assert await names(school.staff, year_group="7") == ["In Seven"]
        assert await names(school.staff, registration_group="8B") == ["In Eight"]
        assert await names(school.staff, roll_status="left") == ["Has Left"]
        assert await names(school.staff, roll_status="any", q="left") == ["Has Left"]
        assert await names(school.staff, q="left") == []

    @pytest.mark.parametrize("query", [{}, {"q": "same"}])
    async def test_walks_pages_with_a_cursor_that_holds_no_name(
        self, school: School, query: dict[str, str]
    ) -> None:
        for number in range(5):
            await add(school.lead, f"Given{number // 2}", "Same")
        seen: list[str] = []
        asked: dict[str, object] = {"limit": 2, **query}
        while "cursor" not in asked or asked["cursor"]:
            answer = await school.staff.post(SEARCH, asked)
            found = answer.json()
            seen += [card["id"] for card in found["items"]]
            asked["cursor"] = found["next"]
        assert len(seen) == len(set(seen)) == 5

    async def test_orders_by_the_shown_family_name(self, school: School) -> None:
        await add(school.lead, "Al", "Zed", known_family_name="Abbot")
        await add(school.lead, "Bo", "Éclair")
        await add(school.lead, "Cy", "Eddy")
        assert await names(school.staff) == ["Al Abbot", "Bo Éclair", "Cy Eddy"]

    async def test_hides_another_schools_children(
        self, school: School, other_school: School
    ) -> None:
        await add(school.lead, "Only", "Ours")
        for query in ({}, {"q": "ours"}, {"q": "ourrs"}):
            assert await names(other_school.staff, **query) == []

    async def test_refuses_who_may_not_search(self, school: School) -> None:
        assert (await school.api(Role.GOVERNOR).post(SEARCH, {})).status_code == 403

    @pytest.mark.parametrize(
        "query",
        [{"name": "x"}, {"q": " "}, {"q": "x" * 201}, {"roll_status": "gone"}, {"cursor": "x"},
         {"limit": 0}, {"limit": 201}, {"q": "a\x00b"}],
    )  # fmt: skip
    async def test_refuses_a_wrong_body(self, school: School, query: dict[str, object]) -> None:
        assert (await school.staff.post(SEARCH, query)).status_code == 422

    async def test_points_at_a_wrong_cursor_in_the_body(self, school: School) -> None:
        answer = await school.staff.post(SEARCH, {"cursor": "x"})
        assert answer.json()["errors"][0]["pointer"] == "/cursor"

    async def test_has_no_twin_with_names_in_its_address(self, school: School) -> None:
        assert (await school.staff.get("/v1/children", params={"q": "x"})).status_code == 405

    async def test_answers_nobody_for_a_name_without_letters(self, school: School) -> None:
        await add(school.lead)
        assert await names(school.staff, q="--- !") == []


class TestAddChild:
    async def test_adds_a_child_whole(self, world: World, school: School) -> None:
        sent = new_id()
        id_ = str(made_by(school[Role.DSL].id, sent))
        answer = await school.lead.post(
            "/v1/children",
            {
                "id": str(sent),
                "legal_given_name": "Alex",
                "legal_family_name": "Marsh",
                "known_given_name": "Lex",
                "date_of_birth": "2014-03-09",
                "gender_identity": "non-binary",
                "identifiers": [{"system": "upn", "value": "b801200005001"}],
                "enrolled_from": "2025-09-01",
            },
        )
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/v1/children/{id_}"
        assert answer.headers["etag"] == '"1"'
        child = answer.json()
        assert child["name"] == "Lex Marsh"
        assert child["gender_identity"] == "non-binary"
        assert [one["value"] for one in child["identifiers"]] == [UPN]
        assert child["enrolments"][0]["valid_from"] == "2025-09-01"
        assert verbs(world, id_) == ["child.added"]
        tokens = world.sql("select token from child_name_token where id = %s order by 1", id_)
        assert [token for (token,) in tokens] == ["alex", "lex", "marsh"]

    async def test_refuses_an_id_that_exists(self, school: School) -> None:
        body = {"id": str(new_id()), "legal_given_name": "B", "legal_family_name": "C"}
        assert (await school.lead.post("/v1/children", body)).status_code == 201
        answer = await school.lead.post("/v1/children", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")

    async def test_replays_the_same_child_for_the_same_key(
        self, world: World, school: School
    ) -> None:
        body = {"legal_given_name": "B", "legal_family_name": "C"}
        key = str(uuid4())
        first = await school.lead.post("/v1/children", body, key=key)
        again = await school.lead.post("/v1/children", body, key=key)
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert world.sql("select count(*) from child where school_id = %s", school.id) == [(1,)]

    async def test_points_at_the_wrong_number(self, school: School) -> None:
        answer = await school.lead.post(
            "/v1/children",
            {
                "legal_given_name": "B",
                "legal_family_name": "C",
                "identifiers": [
                    {"system": "mis_id", "value": "1"},
                    {"system": "upn", "value": "A801200005001"},
                ],
            },
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/identifiers/1/value"
        assert answer.json()["errors"][0]["code"] == "upn_check_letter_wrong"

    @pytest.mark.parametrize(
        "wrong",
        [{"date_of_birth": 5}, {"date_of_birth": "0001-01-01"}, {"sex": "x"}, {"shoe": 1},
         {"legal_given_name": ""}, {"roll_status": None}],
    )  # fmt: skip
    async def test_refuses_a_wrong_field(self, school: School, wrong: dict[str, object]) -> None:
        body = {"legal_given_name": "B", "legal_family_name": "C", **wrong}
        assert (await school.lead.post("/v1/children", body)).status_code == 422

    async def test_refuses_a_birthday_still_to_come(self, school: School) -> None:
        body = {"legal_given_name": "B", "legal_family_name": "C"}
        today = clock.day_of(clock.now())
        tomorrow = today + timedelta(days=1)
        born_today = await school.lead.post(
            "/v1/children", body | {"date_of_birth": today.isoformat()}
        )
        assert born_today.status_code == 201
        later = {"date_of_birth": tomorrow.isoformat()}
        path = f"/v1/children/{born_today.json()['id']}"
        refused = [
            await school.lead.post("/v1/children", body | later),
            await school.lead.patch(path, later, version=1),
        ]
        for answer in refused:
            assert (answer.status_code, answer.json()["errors"]) == (
                422,
                [{"pointer": "/date_of_birth", "code": "in_future",
                  "detail": "It is in the future: check the date."}],
            )  # fmt: skip

    @pytest.mark.parametrize("role", [Role.STAFF, Role.PASTORAL, Role.GOVERNOR, Role.HEADTEACHER])
    async def test_refuses_who_may_not(self, school: School, role: Role) -> None:
        body = {"legal_given_name": "B", "legal_family_name": "C"}
        assert (await school.api(role).post("/v1/children", body)).status_code == 403

    async def test_refuses_the_safeguarding_side_from_an_administrator(
        self, school: School
    ) -> None:
        body = {"legal_given_name": "B", "legal_family_name": "C", "pronouns": "they"}
        assert (await school.api(Role.SCHOOL_ADMIN).post("/v1/children", body)).status_code == 403


class TestOpenChild:
    async def test_opens_with_a_trace(self, world: World, school: School) -> None:
        child = await add(school.lead, pronouns="they")
        answer = await school.lead.get(f"/v1/children/{child['id']}")
        assert answer.json() == child
        assert "update_child" in answer.json()["permissions"]
        assert verbs(world, child["id"]) == ["child.added", "child.opened"]

    async def test_answers_304_to_who_has_it(self, school: School) -> None:
        child = await add(school.lead)
        path = f"/v1/children/{child['id']}"
        tag = (await school.lead.get(path)).headers["etag"]
        answer = await school.lead.get(path, headers={"If-None-Match": tag})
        assert answer.status_code == 304

    async def test_leaves_the_safeguarding_side_out_for_an_administrator(
        self, school: School
    ) -> None:
        child = await add(school.lead, pronouns="they")
        answer = await school.api(Role.SCHOOL_ADMIN).get(f"/v1/children/{child['id']}")
        assert answer.status_code == 200
        assert not {"pronouns", "gender_identity"} & set(answer.json())

    @pytest.mark.parametrize("role", [Role.STAFF, Role.GOVERNOR, Role.TRUST_LEAD])
    async def test_refuses_who_may_not(self, school: School, role: Role) -> None:
        child = await school.child()
        assert (await school.api(role).get(f"/v1/children/{child}")).status_code == 403

    async def test_keeps_a_pastoral_member_to_the_own_cohort(self, school: School) -> None:
        child = await school.child()
        answer = await school.api(Role.PASTORAL).get(f"/v1/children/{child}")
        assert (answer.status_code, answer.json()["code"]) == (403, "outside_cohort")

    async def test_hides_another_schools_child(self, school: School, other_school: School) -> None:
        child = await school.child()
        answer = await other_school.lead.get(f"/v1/children/{child}")
        assert (answer.status_code, answer.json()["code"]) == (404, "child_not_found")


class TestChangeChild:
    async def test_changes_what_was_sent_and_nothing_else(
        self, world: World, school: School
    ) -> None:
        child = await add(school.lead, year_group="7", middle_names="Kim")
        path = f"/v1/children/{child['id']}"
        answer = await school.lead.patch(path, {"year_group": "8", "middle_names": None}, version=1)
        assert answer.headers["etag"] == '"2"'
        changed = answer.json()
        assert (changed["year_group"], changed["middle_names"]) == ("8", None)
        assert changed["legal_given_name"] == "Alex"
        assert verbs(world, child["id"]) == ["child.added", "child.changed"]

    async def test_makes_a_new_name_findable_and_the_old_one_not(self, school: School) -> None:
        child = await add(school.lead, "Alex", "Marsh")
        path = f"/v1/children/{child['id']}"
        await school.lead.patch(path, {"legal_family_name": "Fenwick"}, version=1)
        assert await names(school.staff, q="fenw") == ["Alex Fenwick"]
        assert await names(school.staff, q="marsh") == []

    async def test_needs_the_present_version(self, school: School) -> None:
        path = f"/v1/children/{(await add(school.lead))['id']}"
        assert (await school.lead.patch(path, {"year_group": "8"})).status_code == 428
        assert (await school.lead.patch(path, {"year_group": "8"}, version=7)).status_code == 412

    async def test_refuses_to_empty_what_is_needed(self, school: School) -> None:
        path = f"/v1/children/{(await add(school.lead))['id']}"
        answer = await school.lead.patch(path, {"legal_given_name": None}, version=1)
        assert answer.status_code == 422

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        path = f"/v1/children/{(await add(school.lead))['id']}"
        change = {"year_group": "8"}
        assert (await school.staff.patch(path, change, version=1)).status_code == 403
        assert (await other_school.lead.patch(path, change, version=1)).status_code == 404
        admin = school.api(Role.SCHOOL_ADMIN)
        assert (await admin.patch(path, {"pronouns": "she"}, version=1)).status_code == 403
        assert (await admin.patch(path, change, version=1)).status_code == 200


class TestAddIdentifier:
    async def number(
        self, api: Api, child: object, system: str, value: str
    ) -> tuple[int, dict[str, Any]]:
        answer = await api.post(
            f"/v1/children/{child}/identifiers", {"system": system, "value": value}
        )
        return answer.status_code, answer.json()

    async def test_keeps_the_normal_form_with_its_warnings(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        status, number = await self.number(school.lead, child, "nhs_number", "999 100 1379")
        assert status == 201
        assert number["value"] == "9991001379"
        assert number["warnings"] == ["nhs_number_for_tests"]
        assert verbs(world, number["id"]) == ["identifier.added"]
        answer = await school.lead.get(f"/v1/children/{child}")
        assert answer.headers["etag"].startswith('"2-')

    async def test_keeps_the_old_upn_as_a_former_one(self, school: School) -> None:
        child = await add(school.lead, unknown_upn_reason_code="UN4")
        for upn in (TEMPORARY_UPN, UPN, OTHER_UPN):
            assert (await self.number(school.lead, child["id"], "upn", upn))[0] == 201
        record = (await school.lead.get(f"/v1/children/{child['id']}")).json()
        live = {
            (one["system"], one["value"])
            for one in record["identifiers"]
            if one["valid_to"] is None
        }
        assert live == {
            ("upn", OTHER_UPN), ("former_upn", UPN), ("former_upn", TEMPORARY_UPN),
        }  # fmt: skip
        assert record["unknown_upn_reason_code"] is None

    async def test_refuses_a_temporary_upn_over_a_permanent_one(self, school: School) -> None:
        child = await school.child()
        await self.number(school.lead, child, "upn", UPN)
        status, problem = await self.number(school.lead, child, "upn", TEMPORARY_UPN)
        assert (status, problem["errors"][0]["code"]) == (422, "upn_temporary")

    async def test_refuses_another_childs_number_without_naming_the_child(
        self, school: School
    ) -> None:
        first, second = await school.child(), await school.child("Bo", "Reed")
        await self.number(school.lead, first, "upn", UPN)
        status, problem = await self.number(school.lead, second, "upn", UPN)
        assert (status, problem["code"]) == (409, "identifier_taken")
        assert str(first) not in str(problem)
        status, problem = await self.number(school.lead, first, "upn", UPN)
        assert (status, problem["code"]) == (409, "already_exists")

    async def test_lets_another_school_know_the_child_by_the_same_number(
        self, school: School, other_school: School
    ) -> None:
        await self.number(school.lead, await school.child(), "upn", UPN)
        status, _ = await self.number(other_school.lead, await other_school.child(), "upn", UPN)
        assert status == 201

    async def test_refuses_a_wrong_number(self, school: School) -> None:
        child = await school.child()
        status, problem = await self.number(school.lead, child, "uln", "123")
        assert (status, problem["errors"]) == (
            422,
            [{"pointer": "/value", "code": "uln_malformed",
              "detail": "This is not a valid number of its system."}],
        )  # fmt: skip

    async def test_shows_a_suppressed_number_to_those_who_safeguard(self, school: School) -> None:
        child = await add(
            school.lead,
            identifiers=[{"system": "nhs_number", "value": "9434765870", "suppressed": True}],
        )
        assert child["identifiers"][0]["value"] == "9434765870"
        seen = await school.api(Role.SCHOOL_ADMIN).get(f"/v1/children/{child['id']}")
        assert "value" not in seen.json()["identifiers"][0]

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        child = await school.child()
        assert (await self.number(school.staff, child, "mis_id", "1"))[0] == 403
        assert (await self.number(other_school.lead, child, "mis_id", "1"))[0] == 404


class TestEndIdentifier:
    async def test_ends_it_once(self, world: World, school: School) -> None:
        child = await add(school.lead, identifiers=[{"system": "mis_id", "value": "17"}])
        number = child["identifiers"][0]["id"]
        path = f"/v1/children/{child['id']}/identifiers/{number}/end"
        answer = await school.lead.post(path, version=1)
        assert answer.status_code == 200
        assert answer.json()["valid_to"] is not None
        assert verbs(world, number) == ["identifier.ended"]
        assert (await school.lead.post(path, version=2)).status_code == 409

    async def test_frees_the_number_for_another_child(self, school: School) -> None:
        child = await add(school.lead, identifiers=[{"system": "mis_id", "value": "17"}])
        number = child["identifiers"][0]["id"]
        path = f"/v1/children/{child['id']}/identifiers/{number}/end"
        assert (await school.lead.post(path, version=1)).status_code == 200
        await add(school.lead, "Bo", "Reed", identifiers=[{"system": "mis_id", "value": "17"}])

    async def test_hides_what_is_not_this_childs(
        self, school: School, other_school: School
    ) -> None:
        child = await add(school.lead, identifiers=[{"system": "mis_id", "value": "17"}])
        number = child["identifiers"][0]["id"]
        other: UUID = await school.child("Bo", "Reed")
        wrong = f"/v1/children/{other}/identifiers/{number}/end"
        answer = await school.lead.post(wrong, version=1)
        assert (answer.status_code, answer.json()["code"]) == (404, "identifier_not_found")
        path = f"/v1/children/{child['id']}/identifiers/{number}/end"
        assert (await other_school.lead.post(path, version=1)).status_code == 404
        assert (await school.staff.post(path, version=1)).status_code == 403


class TestRaces:
    async def test_adds_the_same_new_names_at_once(self, world: World, school: School) -> None:
        family = f"Quill{school.id.hex[:4]}"
        made = await asyncio.gather(*(add(school.lead, "Ann", family) for _ in range(5)))
        assert len({child["id"] for child in made}) == 5
        rows = world.sql(
            "select count(*) from name_token where school_id = %s and token = %s",
            school.id,
            family.lower(),
        )
        assert rows == [(1,)]

    async def test_gives_one_upn_to_one_child_only(self, school: School) -> None:
        children = [await school.child("Ann", f"Reed{number}") for number in range(4)]
        answers = await asyncio.gather(
            *(
                school.lead.post(
                    f"/v1/children/{child}/identifiers", {"system": "upn", "value": UPN}
                )
                for child in children
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


class TestBudgets:
    @pytest.mark.parametrize("query", [{}, {"q": "mar", "year_group": "7"}])
    async def test_searches_in_three_statements(
        self, world: World, school: School, query: dict[str, str]
    ) -> None:
        await school.child()
        async with captured(world) as statements:
            await names(school.staff, **query)
        assert len(statements) == 3, statements

    async def test_opens_in_five(self, world: World, school: School) -> None:
        child = await school.child()
        async with captured(world) as statements:
            await school.lead.get(f"/v1/children/{child}")
        assert len(statements) <= 5, statements
