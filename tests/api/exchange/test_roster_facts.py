"""What an integrator reads back: roster facts by a key of its own, and nothing else."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.words import Permission, Role
from tests.contract.test_documentation import roster_digests
from tests.rosters import Roster, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

UPN, OLDER = "R201100018042", "N820200015001"
CHILDREN = "/v1/roster/children"
PARENT = user(
    sourcedId="g1", username="g1", role="parent", givenName="Pat", familyName="Hill",
    email="pat@home.example", phone="07700 900123", agentSourcedIds="p0",
)  # fmt: skip
SILENT = {
    "restriction", "court_orders", "may_be_told", "may_be_told_reason", "contact_allowed",
    "alleged_source_of_harm", "parental_responsibility", "lives_with", "confidentiality",
    "has_file", "statuses", "pronouns", "gender_identity", "address",
}  # fmt: skip


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


@pytest.fixture
async def key(world: World, school: School) -> Api:
    _, token = await world.a_service_key(
        school.id, Permission.ROSTER_READ, roster_sources=("mis", "mis:oak", "oneroster", "other")
    )
    return Api(world, token)


async def children(key: Api, **asked: Any) -> list[dict[str, Any]]:
    """Every child of a source, page by page."""
    found: list[dict[str, Any]] = []
    params = {"source": "oneroster", "limit": 2, **asked}
    while True:
        answer = await key.get(CHILDREN, params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        params["cursor"] = answer.json()["next"]


async def look_up(key: Api, **asked: Any) -> list[dict[str, Any]]:
    answer = await key.post(f"{CHILDREN}/search", {"source": "oneroster", **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def set_by_hand(roster: Roster, path: str, body: dict[str, Any]) -> None:
    lead = roster.school.lead
    etag = (await lead.get(path)).headers["etag"]
    answer = await lead.patch(path, body, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


class TestChildren:
    async def test_are_those_the_source_sent_in_one_order(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(5), PARENT))
        await roster.school.child("Not", "Sent")

        found = await children(key)

        assert sorted(one["source_id"] for one in found) == ["p0", "p1", "p2", "p3", "p4"]
        assert found == await children(key, limit=5)
        assert {one["as_sent"] for one in found} == {True}
        first = next(one for one in found if one["source_id"] == "p0")
        assert (first["legal_given_name"], first["year_group"]) == ("Given0", "7")
        assert (first["roll_status"], first["left_on"], first["gone_at"]) == (
            "on_roll", None, None
        )  # fmt: skip
        assert first["identifiers"] == [
            {"system": "oneroster", "value": "p0"}, {"system": "username", "value": "p0"}
        ]  # fmt: skip
        assert first["contacts"] == [
            {"source_id": "g1", "as_sent": True, "name": "Pat Hill", "relationship": "parent",
             "email": "pat@home.example", "phone": "07700 900123"}
        ]  # fmt: skip

    async def test_say_who_has_gone(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2)))
        await roster.bring(package(*pupils(1)))

        gone = next(one for one in await children(key) if one["source_id"] == "p1")

        assert (gone["roll_status"], gone["gone_at"] is None) == ("left", False)
        assert gone["left_on"] is not None

    async def test_of_another_source_are_not_shown(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2)), source="mis:oak")

        assert await children(key) == []
        assert len(await children(key, source="mis:oak")) == 2

    async def test_of_another_school_are_not_shown(
        self, roster: Roster, other_school: School, key: Api
    ) -> None:
        await Roster(other_school).bring(package(*pupils(2, identifier=UPN)[:1]))

        assert await children(key) == []
        assert await look_up(key, upn=UPN) == []

    @pytest.mark.parametrize("role", [Role.STAFF, Role.DSL, Role.GOVERNOR])
    async def test_are_for_those_who_compare(self, roster: Roster, role: Role) -> None:
        answer = await roster.school.api(role).get(CHILDREN, params={"source": "oneroster"})
        assert answer.status_code == 403

    async def test_need_a_source(self, key: Api) -> None:
        assert (await key.get(CHILDREN)).status_code == 422


class TestLookUp:
    async def test_finds_a_child_by_each_number(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2), user(sourcedId="p7", identifier=OLDER)))
        await roster.bring(package(*pupils(2), user(sourcedId="p7", identifier=UPN)))
        await roster.bring(package(*pupils(2), user(sourcedId="p8", identifier="4711")),
                           source="mis")  # fmt: skip

        assert [one["source_id"] for one in await look_up(key, upn=UPN)] == ["p7"]
        assert [one["source_id"] for one in await look_up(key, former_upn=OLDER)] == ["p7"]
        assert [one["source_id"] for one in await look_up(key, source_id="p1")] == ["p1"]
        found = await look_up(key, source="mis", mis_id="4711")
        assert [one["source_id"] for one in found] == ["p8"]
        for asked in ({"upn": OLDER}, {"former_upn": UPN}, {"mis_id": "471"}, {"upn": UPN[:-1]}):
            assert await look_up(key, **asked) == []

    async def test_needs_a_number(self, key: Api) -> None:
        answer = await key.post(f"{CHILDREN}/search", {"source": "oneroster"})
        assert answer.status_code == 422

    async def test_does_not_find_by_a_suppressed_number(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(1, identifier=UPN)))
        roster.sql(
            "update child_identifier set suppressed = true where school_id = %s and system = 'upn'",
            roster.school.id,
        )

        assert await look_up(key, upn=UPN) == []
        assert UPN not in json.dumps(await children(key))

    async def test_leaves_a_trace(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2, identifier="")[:1], user(identifier=UPN)))
        await look_up(key, upn=UPN)
        await children(key, limit=200)

        rows = roster.sql(
            "select actor_role, child_id is not null, details from trail"
            " where school_id = %s and verb = 'child.searched' order by seq",
            roster.school.id,
        )

        assert rows == [
            ("service_key", True, {"roster": "oneroster", "filters": ["upn"], "found": 1}),
            ("service_key", False, {"roster": "oneroster", "filters": [], "found": 2}),
        ]
        assert UPN not in str(rows)


class TestWhatPeopleAdded:
    async def test_is_in_no_answer(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(1), PARENT))
        before = await children(key)
        child = roster.child("p0")["id"]
        contact = roster.one("select id from contact where school_id = %s")
        await set_by_hand(roster, f"/v1/children/{child}", {"pronouns": "they/them"})
        roster.sql(
            "update contact set restriction = 'Non-molestation order', contact_allowed = 'no',"
            " may_be_told = false, may_be_told_reason = 'Fled', alleged_source_of_harm = true,"
            " parental_responsibility = 'yes', lives_with = 'yes', address = '1 Refuge Road',"
            " court_orders = '[{\"kind\": \"other\"}]' where school_id = %s and id = %s",
            roster.school.id, contact,
        )  # fmt: skip

        after = await children(key)

        assert after == before
        shown = {name for one in after for part in (one, *one["contacts"]) for name in part}
        assert not shown & SILENT

    async def test_a_new_number_of_a_parent_is_not_told(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(1), PARENT))
        roster.sql(
            "update contact set phone = '07700 900999' where school_id = %s", roster.school.id
        )

        found = (await children(key))[0]["contacts"]

        assert found == [
            {"source_id": "g1", "as_sent": False, "name": None, "relationship": None,
             "email": None, "phone": None}
        ]  # fmt: skip

    async def test_a_contact_added_by_hand_is_not_told(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(1), PARENT))
        child = roster.child("p0")["id"]
        answer = await roster.api.post(
            f"/v1/children/{child}/contacts", {"name": "Aunt Jo", "kind": "aunt_or_uncle"}
        )
        assert answer.status_code == 201, answer.text

        assert len((await children(key))[0]["contacts"]) == 1

    async def test_a_chosen_name_is_not_told(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(1)))
        child = roster.child("p0")["id"]
        await set_by_hand(roster, f"/v1/children/{child}", {"known_given_name": "Alex"})

        found = await children(key)

        assert (found[0]["as_sent"], found[0]["known_given_name"]) == (False, None)
        assert found[0]["legal_given_name"] == "Given0"


async def digests(key: Api, source: str = "oneroster") -> dict[str, Any]:
    answer = await key.get("/v1/roster/digests", params={"source": source})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def digest(*rows: tuple[str, dict[str, str]]) -> dict[str, Any]:
    """What a sender computes from its own rows: (id, members)."""
    lines = []
    for row_id, row in sorted(rows):
        packed = json.dumps(row, sort_keys=True, separators=(",", ":")).encode()
        lines.append(f"{hashlib.sha256(packed).hexdigest()} {row_id}\n")
    return {"count": len(rows), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}


PUPILS = [
    (f"p{n}", {"given_name": f"Given{n}", "family_name": "Hill", "year_group": "7"})
    for n in range(12)
]


class TestDigests:
    async def test_are_those_of_the_documentation(self, roster: Roster, key: Api) -> None:
        _, rows, vectors = roster_digests()
        assert (await roster.bring(rows.encode(), source="mis"))["state"] == "applied"

        found = await digests(key, "mis")

        for line in vectors.splitlines():
            kind, count, sha256 = line.split()
            assert found[kind] == {"count": int(count), "sha256": sha256}
        assert found["staff"] == digest()

    async def test_of_a_package_are_what_its_sender_computes(
        self, roster: Roster, key: Api
    ) -> None:
        teacher = user(sourcedId="t1", role="teacher", givenName="Tess", familyName="Reed",
                       email="tess@oak.example", grades="")  # fmt: skip
        await roster.bring(package(*pupils(12), PARENT, teacher))

        found = await digests(key)

        assert found["children"] == digest(*PUPILS)
        assert found["contacts"] == digest(
            ("g1 p0", {"name": "Pat Hill", "relationship": "parent", "email": "pat@home.example",
                       "phone": "07700 900123"})
        )  # fmt: skip
        assert found["staff"] == digest(("t1", {"name": "Tess Reed", "email": "tess@oak.example"}))

    async def test_leave_out_who_has_gone_and_know_who_returns(
        self, roster: Roster, key: Api
    ) -> None:
        teacher = user(sourcedId="t1", role="teacher", email="t@oak.example", grades="")
        whole = package(*pupils(12), PARENT, teacher)
        await roster.bring(whole)
        before = await digests(key)

        done = await roster.bring(package(*pupils(12)[1:]))
        assert done["counts"]["staff"]["left"] == 1
        found = await digests(key)
        assert found["children"] == digest(*PUPILS[1:])
        assert found["contacts"] == found["staff"] == digest()
        again = await roster.bring(package(*pupils(12)[2:]))
        assert again["counts"]["staff"]["left"] == 1, "until somebody ends the membership"

        await roster.bring(whole)
        assert await digests(key) == before

    async def test_tell_nothing_of_what_people_changed(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2), PARENT))
        before = await digests(key)
        child = roster.child("p0")["id"]
        await set_by_hand(roster, f"/v1/children/{child}", {"known_given_name": "Alex"})

        assert await digests(key) == before

    async def test_of_another_school_are_empty(
        self, roster: Roster, other_school: School, key: Api
    ) -> None:
        await Roster(other_school).bring(package(*pupils(2)))
        assert (await digests(key))["children"] == digest()


async def sources(key: Api) -> list[dict[str, Any]]:
    answer = await key.get("/v1/roster/sources")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class TestSources:
    async def test_say_what_was_good_and_what_is_held(self, roster: Roster, key: Api) -> None:
        good = await roster.bring(package(*pupils(2)), source="mis")
        held = await roster.bring(package(*pupils(1)), source="mis", plan_only="true")
        other = await roster.bring(package(*pupils(1, orgSourcedIds="s9")), source="other")

        second, first = (await sources(key))[::-1]

        assert (first["source"], second["source"]) == ("other", "mis")
        assert (first["last_good"], first["held"]) == (None, [])
        assert first["last_import"]["state"] == other["state"] == "refused"
        assert second["last_import"]["id"] == held["id"]
        assert second["last_good"]["id"] == good["id"]
        assert second["last_good"]["counts"]["children"]["new"] == 2
        assert [(one["import_id"], one["code"]) for one in second["held"]] == [
            (held["id"], "plan_only")
        ]
        assert second["stale_after_school_days"] == 3
        assert first["stale_since"] is second["stale_since"] is None

    async def test_are_stale_after_the_days_the_school_chose(
        self, roster: Roster, key: Api
    ) -> None:
        done = await roster.bring(package(*pupils(2)))
        roster.sql(
            "update roster_import set ended_at = %s where school_id = %s",
            clock.now() - timedelta(days=30), roster.school.id,
        )  # fmt: skip
        since = datetime.fromisoformat((await sources(key))[0]["stale_since"])
        assert timedelta(days=15) < clock.now() - since < timedelta(days=28)

        path = f"/v1/schools/{roster.school.id}"
        etag = (await roster.api.get(path)).headers["etag"]
        changed = await roster.api.patch(
            path, {"roster_stale_days": 60}, headers={"If-Match": etag}
        )
        assert changed.json()["roster_stale_days"] == 60
        assert (await sources(key))[0]["stale_since"] is None
        assert (await sources(key))[0]["last_good"]["id"] == done["id"]

    async def test_of_another_school_are_not_shown(
        self, roster: Roster, other_school: School, key: Api
    ) -> None:
        await Roster(other_school).bring(package(*pupils(2)))
        assert await sources(key) == []
