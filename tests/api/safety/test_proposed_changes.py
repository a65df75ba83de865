"""What is dialled, and how far a roster may go, changes only with a second person."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

import pytest

from app.api.schemas.support_services import DAYS, AuthorityContactsIn, SupportServicePatch
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Permission, Rights, Role
from app.domain.duty.standing_alerts.commands import settle_here
from app.domain.people.memberships.rules import can_give
from app.domain.policy import BUILT_IN
from app.domain.role_table import ROLE_PERMISSIONS
from app.main import build_app
from tests.world import Api, School, World

OLD, NEW, FALSE = "01632 960001", "01632 960002", "0900 666666"
ADMIN, LEAD, DEPUTY, HEAD = Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER
AUTHORITY = "/v1/authority-contacts/E10000016"
NUMBERS: Final = re.compile(r"phone|number|^call$|^call_first$|^channels$|^contact$|_percent$")
HERE: Final = frozenset(
    {
        "update_authority_contacts", "update_calendar", "update_school", "update_support_service",
        "add_support_service",
    }
)  # fmt: skip
"""Operations that this file tries."""
ELSEWHERE: Final[Mapping[str, str]] = {
    "add_staff": "a new person, who confirms nothing yet: tests/api/people/test_address_changes.py",
    "update_staff": "the person confirms it: tests/api/people/test_address_changes.py",
    "create_school": "a school that nobody works in yet",
}
"""Operations with another guard, and what it is."""


def today() -> str:
    return clock.now().date().isoformat()


async def send(api: Api, method: str, path: str, **content: Any) -> Any:
    """Change something as it stands now."""
    headers = {"If-Match": (await api.get(path)).headers["etag"]}
    return await api.request(method, path, json=content, headers=headers)


async def contacts(school: School, number: str = OLD) -> None:
    """The authority's contacts, as a lead set them."""
    body = {"edt": {"name": "Night team", "number": number}, "checked_on": today()}
    answer = await school.lead.request("PUT", AUTHORITY, json=body, version=0)
    assert answer.status_code == 200, answer.text


async def service(school: School) -> str:
    """A service of the school's own, as a lead added it; answers its path."""
    body = {
        "name": "Counsellor", "audiences": ["pupils"], "checked_on": today(),
        "channels": [{"kind": "phone", "contact": OLD}],
    }  # fmt: skip
    made = await school.lead.post("/v1/support-services", body)
    assert made.status_code == 201, made.text
    return f"/v1/support-services/{made.json()['support_service_id']}"


async def waiting(api: Api) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get("/v1/proposed-changes")).json()["items"]
    return items


async def decide(api: Api, change: Mapping[str, Any], step: str = "confirm", **body: Any) -> Any:
    headers = {"If-Match": change["etag"]}
    path = f"/v1/proposed-changes/{change['id']}/{step}"
    return await api.request("POST", path, json=body or None, headers=headers)


def alerts(world: World, person: UUID, kind: str = "change_proposed") -> int:
    """A person's open alerts of a kind."""
    ((number,),) = world.sql(
        "select count(*) from alert where recipient_id = %s and kind = %s and ended_at is null",
        person, kind,
    )  # fmt: skip
    return int(number)


async def everything_read(api: Api, path: str, school: School) -> str:
    """All that a teacher reads of numbers, as text."""
    places = [
        path, AUTHORITY, f"/v1/schools/{school.id}", f"/v1/schools/{school.id}/calendar",
        "/v1/authority-contacts", "/v1/support-services/here", "/v1/lead-availability",
    ]  # fmt: skip
    answers = [(await api.get(place)).json() for place in places]
    for answer in answers:
        for name in ("etag", "version", "number", "now"):
            answer.pop(name, None)
    return json.dumps(answers)


NUMBER = {"name": "Any", "number": FALSE}
CALL = {"who": "Duty lead", "number": FALSE, "when": "Always"}
OF_AUTHORITY: Final[Mapping[str, Any]] = {
    "call_first": [NUMBER], "do_not_yet": [f"Ring {FALSE}"], "mash": NUMBER, "edt": NUMBER,
    "local_crisis": NUMBER, "school_number": NUMBER,
}  # fmt: skip
OF_SERVICE: Final[Mapping[str, Any]] = {
    "name": f"Ring {FALSE}", "about": f"Ring {FALSE}", "audiences": ["parents"],
    "channels": [{"kind": "phone", "contact": FALSE}], "hours": "Never", "nations": ["wales"],
    "languages": ["cy"], "source": f"Ring {FALSE}",
}  # fmt: skip
OF_SCHOOL: Final[Mapping[str, Any]] = {
    "phone": FALSE, "roster_leaving_percent": 100, "roster_identifier_percent": 100,
}  # fmt: skip
TRIED: Final = [
    *(("authority", name, value) for name, value in OF_AUTHORITY.items()),
    *(("service", name, value) for name, value in OF_SERVICE.items()),
    *(("school", name, value) for name, value in OF_SCHOOL.items()),
    ("calendar", "call", [CALL]),
]


class TestSweep:
    @pytest.mark.parametrize(("of", "field", "value"), TRIED)
    async def test_an_administrator_alone_changes_nothing_that_a_teacher_reads(
        self, world: World, school: School, of: str, field: str, value: Any
    ) -> None:
        await contacts(school)
        path, admin = await service(school), school.api(ADMIN)
        before = await everything_read(school.staff, path, school)
        looked = {"checked_on": today()}
        match of:
            case "authority":
                answer = await send(admin, "PUT", AUTHORITY, **{field: value}, **looked)
            case "service":
                answer = await send(admin, "PATCH", path, **{field: value}, **looked)
            case "school":
                answer = await send(admin, "PATCH", f"/v1/schools/{school.id}", **{field: value})
            case _:
                where = f"/v1/schools/{school.id}/calendar"
                answer = await send(admin, "PATCH", where, **{field: value})
        assert answer.status_code == 200, answer.text
        assert await everything_read(school.staff, path, school) == before

        (change,) = await waiting(school.api(HEAD))
        assert change["proposed_by"]["id"] == str(school[ADMIN].id)
        assert (await decide(admin, change)).status_code == 403
        assert await everything_read(school.staff, path, school) == before
        assert (await decide(school.api(HEAD), change)).status_code == 204
        after = await everything_read(school.staff, path, school)
        assert after != before
        assert "0900 666666" in after or json.dumps(value) in after
        assert await waiting(school.api(HEAD)) == []
        assert alerts(world, school[LEAD].id) == 0

    def test_knows_every_field_of_them(self) -> None:
        assert AuthorityContactsIn.model_fields.keys() - DAYS == OF_AUTHORITY.keys()
        assert SupportServicePatch.model_fields.keys() - DAYS == OF_SERVICE.keys()

    def test_knows_every_operation_by_which_an_administrator_says_a_number(self) -> None:
        """A new one says here which second person stands between it and those who dial."""
        document = build_app(Settings()).app.openapi()
        mine = {permission.value for permission in ROLE_PERMISSIONS[ADMIN]}
        found = {
            operation["operationId"]
            for path, item in document["paths"].items() if "{child_id}" not in path
            for operation in item.values()
            if operation.get("x-scope") in mine and says_a_number(document, operation)
        }  # fmt: skip
        assert found & SAYS_NONE.keys() == SAYS_NONE.keys()
        assert found - SAYS_NONE.keys() == HERE | ELSEWHERE.keys()


SAYS_NONE: Final[Mapping[str, str]] = {
    "begin_mandatory_report": "a crime number",
    "update_mandatory_report": "a crime number",
    "record_emergency": "how many",
}
"""Operations with a field of such a name that nobody dials."""


def says_a_number(document: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    bodies = list(operation.get("requestBody", {}).get("content", {}).values())
    return any(NUMBERS.search(name) for name in names_in(document, bodies, set()))


def names_in(document: Mapping[str, Any], node: Any, seen: set[str]) -> Iterator[str]:
    """The names of all properties below a schema."""
    if isinstance(node, list):
        for item in node:
            yield from names_in(document, item, seen)
    elif isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            name = reference.rsplit("/", 1)[1]
            yield from names_in(document, document["components"]["schemas"][name], seen)
        yield from node.get("properties", {})
        for value in node.values():
            yield from names_in(document, value, seen)


class TestProposedChanges:
    async def test_leads_have_one_alert_for_all_and_it_ends_with_the_last(
        self, world: World, school: School
    ) -> None:
        path, admin = await service(school), school.api(ADMIN)
        await send(admin, "PATCH", f"/v1/schools/{school.id}", phone=NEW)
        await send(admin, "PATCH", path, name="Ring me")
        await send(admin, "PATCH", f"/v1/schools/{school.id}/calendar", call=[CALL])
        people = [school[role].id for role in (LEAD, DEPUTY, HEAD)]
        assert [alerts(world, person) for person in people] == [1, 1, 1]
        ((counts, times),) = world.sql(
            "select counts, times from alert where recipient_id = %s and kind = 'change_proposed'",
            school[LEAD].id,
        )
        assert (counts, times) == ({"proposed_changes": 3}, 3)
        first, second, third = await waiting(school.lead)
        assert (await decide(school.lead, first)).status_code == 204
        refused = await decide(school.lead, second, "refuse", reason="Not its name.")
        assert refused.status_code == 204
        async with world.work(school.id) as work:
            await settle_here(work)
        assert alerts(world, school[LEAD].id) == 1
        assert (await decide(school.lead, third)).status_code == 204
        assert [alerts(world, person) for person in people] == [0, 0, 0]
        again = await decide(school.lead, {**third, "etag": '"2"'})
        assert (again.status_code, again.json()["code"]) == (409, "change_decided")
        assert (await school.staff.get(f"/v1/schools/{school.id}")).json()["phone"] == NEW
        assert (await school.staff.get(path)).json()["name"] == "Counsellor"

    async def test_the_last_word_replaces_the_one_before(
        self, world: World, school: School
    ) -> None:
        admin, path = school.api(ADMIN), f"/v1/schools/{school.id}"
        for number in (FALSE, NEW):
            await send(admin, "PATCH", path, phone=number)
        (change,) = await waiting(school.lead)
        assert change["about"]["kind"] == "school"
        before, after = json.loads(change["before"]), json.loads(change["after"])
        assert (before, after) == ({"phone": None}, {"phone": NEW})
        await send(admin, "PATCH", path, phone=None)
        assert await waiting(school.lead) == []
        assert alerts(world, school[LEAD].id) == 0

    async def test_two_patches_of_one_person_add_up(self, school: School) -> None:
        path, admin = await service(school), school.api(ADMIN)
        number = [{"kind": "phone", "contact": NEW}]
        await send(admin, "PATCH", path, channels=number, checked_on=today())
        await send(admin, "PATCH", path, about="For all")
        (change,) = await waiting(school.lead)
        assert (await decide(school.lead, change)).status_code == 204
        shown = (await school.staff.get(path)).json()
        assert (shown["channels"], shown["about"]) == (number, "For all")
        assert shown["checked_by"]["id"] == str(school[ADMIN].id)

    async def test_only_those_who_confirm_see_what_others_propose(
        self, school: School, other_school: School
    ) -> None:
        await send(school.api(ADMIN), "PATCH", f"/v1/schools/{school.id}", phone=FALSE)
        assert await waiting(school.staff) == []
        assert await waiting(other_school.lead) == []
        (mine,) = await waiting(school.api(ADMIN))
        assert mine["permissions"] == []
        (change,) = await waiting(school.lead)
        assert change["permissions"] == ["confirm_proposed_change", "refuse_proposed_change"]
        assert (await decide(other_school.lead, change)).status_code == 404

    async def test_nobody_confirms_their_own_whatever_role_they_take(
        self, world: World, school: School
    ) -> None:
        await send(school.api(ADMIN), "PATCH", f"/v1/schools/{school.id}", phone=FALSE)
        world.sql(
            "update proposed_change set proposed_by = %s where school_id = %s",
            school[LEAD].id, school.id,
        )  # fmt: skip
        (change,) = await waiting(school.lead)
        assert change["permissions"] == ["refuse_proposed_change"]
        answer = await decide(school.lead, change)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")
        assert (await decide(school.api(DEPUTY), change)).status_code == 204

    async def test_an_administrator_makes_no_second_person(self, school: School) -> None:
        """By no role that they give or define, for whatever account."""
        own = BUILT_IN[ADMIN]
        given = {role for role, rights in BUILT_IN.items() if can_give(own, rights)}
        assert given, "else nothing is tried"
        confirms = Permission.CHANGE_CONFIRM
        assert not [role for role in given if confirms in BUILT_IN[role].permissions]
        assert not can_give(own, Rights(permissions=frozenset({confirms})))
        role = {"slug": "second_person", "label": "Second", "permissions": [confirms.value]}
        defined = await school.api(ADMIN).post("/v1/roles", role)
        assert (defined.status_code, defined.json()["code"]) == (403, "grant_exceeds_own")

    async def test_an_administrator_adds_and_ends_nothing_that_is_dialled(
        self, school: School
    ) -> None:
        path, admin = await service(school), school.api(ADMIN)
        body = {
            "name": "Ring me", "audiences": ["pupils"], "checked_on": today(),
            "channels": [{"kind": "phone", "contact": FALSE}],
        }  # fmt: skip
        answers = [
            await admin.post("/v1/support-services", body),
            await admin.post(f"{path}/end", {"reason": "x"}, version=1),
            await admin.request("PUT", AUTHORITY, json={"checked_on": today()}, version=0),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [
            (403, "permission_missing")
        ] * 3

    async def test_a_lead_changes_it_at_once_under_the_eyes_of_the_others(
        self, world: World, school: School
    ) -> None:
        await contacts(school)
        await send(school.api(ADMIN), "PUT", AUTHORITY, edt=NUMBER, checked_on=today())
        number = {"name": "Night team", "number": NEW}
        done = await send(school.lead, "PUT", AUTHORITY, edt=number, checked_on=today())
        assert done.json()["edt"]["number"] == NEW
        assert await waiting(school.lead) == [], "what waited was of another time"
        assert alerts(world, school[LEAD].id) == 0
        for role in (DEPUTY, HEAD):
            assert alerts(world, school[role].id, "reach_changed") == 1
        assert alerts(world, school[LEAD].id, "reach_changed") == 0

    async def test_who_looked_again_and_changed_nothing_waits_for_no_one(
        self, school: School
    ) -> None:
        await contacts(school)
        again = {"edt": {"name": "Night team", "number": OLD}, "checked_on": today()}
        done = await send(school.api(ADMIN), "PUT", AUTHORITY, **again)
        assert done.status_code == 200, done.text
        assert done.json()["checked_by"]["id"] == str(school[ADMIN].id)
        assert await waiting(school.lead) == []


class TestAgencies:
    CARE: ClassVar = {"name": "County", "kind": "social_care", "route": "phoned", "phone": OLD}

    @pytest.mark.parametrize(("kind", "number"), [("social_care", 1), ("police", 0)])
    async def test_others_are_alerted_to_another_number_of_social_care_alone(
        self, world: World, school: School, kind: str, number: int
    ) -> None:
        made = await school.lead.post("/v1/agencies", self.CARE | {"kind": kind})
        assert made.status_code == 201, made.text
        path = f"/v1/agencies/{made.json()['id']}"
        world.sql("update alert set acknowledged_at = now() where school_id = %s", school.id)
        done = await send(school.lead, "PATCH", path, out_of_hours_phone=NEW)
        assert done.status_code == 200, done.text
        ((told,),) = world.sql(
            "select count(*) from alert where recipient_id = %s and kind = 'reach_changed' "
            "and acknowledged_at is null",
            school[DEPUTY].id,
        )
        assert told == number

    async def test_a_role_that_keeps_agencies_alone_changes_no_number(self, school: School) -> None:
        slug = f"office_{new_id().hex[-8:]}"
        await school.role(slug, "agency:read", "agency:change")
        office = await school.holder(slug)
        made = await school.lead.post("/v1/agencies", self.CARE)
        path = f"/v1/agencies/{made.json()['id']}"
        api = school.world.as_token(office.token)
        added = await api.post("/v1/agencies", self.CARE)
        answers = [added, await send(api, "PATCH", path, phone=FALSE)]
        assert [one.json()["code"] for one in answers] == ["permission_missing"] * 2
        assert (await send(api, "PATCH", path, address="1 High Street")).status_code == 200


class TestNumbersOfTheWholeCountry:
    @pytest.mark.parametrize("role", [LEAD, DEPUTY])
    async def test_are_changed_by_no_one(self, school: School, role: Role) -> None:
        api, evil = school.api(role), [{"kind": "phone", "contact": FALSE}]
        for national in ("emergency", "nhs111_mh", "samaritans", "childline"):
            body = {"national": national, "channels": evil, "checked_on": today()}
            answer = await api.post("/v1/support-services", body)
            assert answer.status_code == 422, national
            assert answer.json()["errors"][0]["code"] == "national_number"
        body = {"national": "childline", "checked_on": today()}
        made = await school.lead.post("/v1/support-services", body)
        path = f"/v1/support-services/{made.json()['support_service_id']}"
        for change in ({"channels": evil, "checked_on": today()}, {"name": "Ring me"}):
            answer = await send(api, "PATCH", path, **change)
            assert answer.json()["errors"][0]["code"] == "national_number"
        looked = await send(api, "PATCH", path, hours="Day and night", checked_on=today())
        assert looked.status_code == 200, looked.text

    async def test_stay_with_the_police(self, school: School) -> None:
        body = {"name": "Police (101)", "kind": "police", "phone": "101", "route": "phoned"}
        made = await school.lead.post("/v1/agencies", body)
        assert made.status_code == 201, made.text
        path = f"/v1/agencies/{made.json()['id']}"
        answer = await send(school.lead, "PATCH", path, phone=FALSE)
        assert answer.json()["errors"][0]["code"] == "national_number"


class TestWhatMovesDeadlines:
    @pytest.mark.parametrize(
        ("where", "field", "value"),
        [
            ("", "nation", "wales"),
            ("", "local_authority", "E10000099"),
            (
                "/calendar", "terms",
                [{"name": "All", "starts_on": "2026-09-01", "ends_on": "2027-07-20"}],
            ),
        ],
    )  # fmt: skip
    async def test_leads_and_head_are_alerted_of_what_changed(
        self, world: World, school: School, where: str, field: str, value: Any
    ) -> None:
        path = f"/v1/schools/{school.id}{where}"
        answer = await send(school.api(ADMIN), "PATCH", path, **{field: value})
        assert answer.status_code == 200, answer.text
        assert answer.json()[field] == value or where
        for role in (LEAD, DEPUTY, HEAD):
            rows = world.sql(
                "select counts from alert where recipient_id = %s and kind = 'calendar_changed'",
                school[role].id,
            )
            assert rows == [({field: 1},)]
        assert alerts(world, school[ADMIN].id, "calendar_changed") == 0
