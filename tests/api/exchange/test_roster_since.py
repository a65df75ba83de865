"""What changed of a source since a place: an integrator verifies a night without reading all."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Permission
from app.jobs.imports import import_stored
from tests.api.exchange.test_roster_changes import undo
from tests.api.exchange.test_roster_facts import PARENT, UPN, set_by_hand
from tests.rosters import Roster, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

CHANGES = "/v1/roster/changes"


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


@pytest.fixture
async def key(world: World, school: School) -> Api:
    _, token = await world.a_service_key(
        school.id, Permission.ROSTER_READ, roster_sources=("mis", "oneroster")
    )
    return Api(world, token)


async def ask(key: Api, source: str = "oneroster", **asked: Any) -> dict[str, Any]:
    answer = await key.get(CHANGES, params={"source": source, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ids_since(key: Api, place: str, source: str = "oneroster", limit: int = 2) -> list[str]:
    """The ids of the rows that changed, page by page."""
    found: list[str] = []
    while True:
        page = await ask(key, source, since=place, limit=limit)
        found += [one["source_id"] for one in page["items"]]
        place = page["next"]
        if not page["more"]:
            return found


async def now_of(key: Api, source: str = "oneroster") -> str:
    page = await ask(key, source)
    assert (page["items"], page["more"]) == ([], False)
    return str(page["next"])


class TestSince:
    async def test_start_has_every_child_of_the_source(self, roster: Roster, key: Api) -> None:
        """As `GET /v1/changes` has it."""
        await roster.bring(package(*pupils(3)))
        await roster.bring(package(*pupils(4)))
        page = await ask(key, since="start", limit=2)
        assert (len(page["items"]), page["more"]) == (2, True)
        assert sorted(await ids_since(key, "start")) == ["p0", "p1", "p2", "p3"]
        assert await ids_since(key, await now_of(key)) == []

    async def test_has_the_night_and_nothing_else(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(6), PARENT))
        place = await now_of(key)
        assert await ids_since(key, place) == []

        moved = [*pupils(3), *pupils(5, grades="08")[3:], PARENT.replace("900123", "900124")]
        await roster.bring(package(*moved))

        found = await ask(key, since=place)
        by_id = {one["source_id"]: one for one in found["items"]}
        assert sorted(by_id) == ["p0", "p3", "p4", "p5"]
        assert by_id["p0"]["contacts"][0]["phone"] == "07700 900124"
        assert by_id["p3"]["year_group"] == "8"
        gone = by_id["p5"]
        assert (gone["roll_status"], gone["gone_at"] is None) == ("left", False)
        assert sorted(await ids_since(key, place)) == sorted(by_id)
        assert await ids_since(key, found["next"]) == []

    async def test_has_a_child_of_whom_only_the_row_is_new(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2, identifier=UPN)[:1]))
        place = await now_of(key, "mis")
        row = f'{{"upn":"{UPN}","given_name":"Given0","family_name":"Hill","year_group":"7"}}\n'
        head = '{"format":"cairn-roster/1","school":{"id":"s1","name":"Oak"}}\n'
        await roster.bring(f'{head}{row}{{"end":{{"rows":1}}}}\n'.encode(), source="mis")

        assert await ids_since(key, place, "mis") == [UPN]

    async def test_has_what_an_undo_set_back(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2)))
        done = await roster.bring(package(*pupils(1), *pupils(2, grades="08")[1:]))
        place = await now_of(key)
        await undo(roster, done["id"])

        assert await ids_since(key, place) == ["p1"]

    async def test_has_what_people_changed_that_is_shown(self, roster: Roster, key: Api) -> None:
        await roster.bring(package(*pupils(2)))
        place = await now_of(key)
        path = f"/v1/children/{roster.child('p1')['id']}"
        await set_by_hand(roster, path, {"legal_given_name": "Amelia"})
        await roster.api.post(f"{path}/identifiers", {"system": "upn", "value": UPN})

        found = (await ask(key, since=place))["items"]

        assert [one["legal_given_name"] for one in found] == ["Amelia"]
        assert {"system": "upn", "value": UPN} in found[0]["identifiers"]

    async def test_tells_nothing_of_what_is_not_shown(self, roster: Roster, key: Api) -> None:
        """A number that was changed may be a secret, and so may the moment."""
        await roster.bring(package(*pupils(2), PARENT))
        place = await now_of(key)
        path = f"/v1/children/{roster.child('p0')['id']}"
        contact = roster.one("select id from contact where school_id = %s")
        await set_by_hand(roster, path, {"known_given_name": "Alex"})
        await set_by_hand(roster, path, {"pronouns": "they/them"})
        changed = await roster.school.lead.patch(
            f"{path}/contacts/{contact}", {"phone": "07700 900999"}, version=1
        )
        assert changed.status_code == 200, changed.text
        added = await roster.api.post(f"{path}/contacts", {"name": "Jo", "kind": "carer"})
        assert added.status_code == 201

        assert await ids_since(key, place) == []

    async def test_misses_nothing_that_commits_late(self, roster: Roster, key: Api) -> None:
        """A reader passes an import by that still runs, and gets all of it at its end."""
        same = user(sourcedId="p9", username="p9", givenName="Nina", familyName="Hill")
        await roster.bring(package(*pupils(4), same))
        place, passed = await now_of(key), []
        import_id = await roster.send(package(*pupils(4, grades="08"), same))
        path = f"/v1/children/{roster.child('p9')['id']}"

        async def pass_by(done: int, total: int, state: str) -> None:
            if state == "planned":
                await set_by_hand(roster, path, {"registration_group": "8A"})
                assert await ids_since(key, place) == ["p9"]
                passed.append(await now_of(key))

        runtime = roster.school.world.runtime
        await import_stored(
            runtime.database, runtime.storage, roster.school.id, UUID(import_id), seen=pass_by
        )

        assert sorted(await ids_since(key, passed[0])) == ["p0", "p1", "p2", "p3"]
        assert sorted(await ids_since(key, place)) == ["p0", "p1", "p2", "p3", "p9"]

    async def test_is_bound_to_school_and_source(
        self, roster: Roster, key: Api, other_school: School, world: World
    ) -> None:
        place = await now_of(key)
        _, token = await world.a_service_key(
            other_school.id, Permission.ROSTER_READ, roster_sources=["oneroster"]
        )
        for asker, source in ((key, "mis"), (Api(world, token), "oneroster")):
            answer = await asker.get(CHANGES, params={"source": source, "since": place})
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "cursor_invalid"

    async def test_leaves_a_trace(self, roster: Roster, key: Api) -> None:
        place = await now_of(key)
        await roster.bring(package(*pupils(2)))
        await ask(key, since=place)
        assert roster.one(
            "select details from trail where school_id = %s and verb = 'child.searched'"
            " order by seq desc limit 1"
        ) == {"roster": "oneroster", "filters": ["since"], "found": 2}
