"""`POST /v1/roster/children:batch`: children as lines in, what came of each line out."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from app.core.words import Permission, Role
from app.domain.exchange.roster_changes.commands import run_undo
from tests.check_ins import a_plan
from tests.rosters import Roster
from tests.world import Api, School, World

PATH = "/v1/roster/children:batch"
LINES = {"Content-Type": "application/x-ndjson"}
AMY = {"source_id": "p1", "given_name": "Amy", "family_name": "Pond", "year_group": "7",
       "contacts": [{"id": "c1", "name": "Ann Pond", "relationship": "mother"}]}  # fmt: skip
RORY = {"source_id": "p2", "given_name": "Rory", "family_name": "Hill", "year_group": "7"}
Item = dict[str, Any]


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


def body(*children: Item | str) -> bytes:
    return b"".join(
        (one.encode() if isinstance(one, str) else orjson.dumps(one)) + b"\n" for one in children
    )


async def send(roster: Roster, *children: Item | str, **headers: str) -> tuple[list[Item], Any]:
    """What came of each line, and the import that it was."""
    answer = await roster.api.request(
        "POST", PATH, content=body(*children), params={"source": "mis"}, headers=LINES | headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == LINES["Content-Type"]
    items = [orjson.loads(line) for line in answer.content.splitlines()]
    done = await roster.api.get(answer.headers["location"])
    return items, done.json()


def results(items: list[Item]) -> list[str]:
    return [one["result"] for one in items]


async def test_tells_of_each_line_in_order(roster: Roster) -> None:
    items, done = await send(roster, AMY, RORY)

    assert results(items) == ["new", "new"]
    assert [one["line"] for one in items] == [1, 2]
    assert [one["source_id"] for one in items] == ["p1", "p2"]
    assert items[0]["child_id"] == roster.child("p1")["id"]
    assert (done["state"], done["format"], done["source"]) == ("applied", "ndjson", "mis")
    assert done["counts"]["contacts"]["new"] == 1


async def test_says_the_same_again(roster: Roster) -> None:
    first, _ = await send(roster, AMY, RORY)
    before = roster.fingerprint()

    again, _ = await send(roster, AMY, RORY)
    other_way, _ = await send(roster, RORY, AMY)

    assert results(again) == results(other_way) == ["unchanged", "unchanged"]
    ids = [one["child_id"] for one in first]
    assert [one["child_id"] for one in again] == ids
    assert [one["child_id"] for one in other_way] == ids[::-1]
    assert roster.fingerprint() == before


async def test_goes_on_after_a_cut(roster: Roster) -> None:
    """What was sent in part, or answered to nobody, is sent whole."""
    await send(roster, AMY)
    items, _ = await send(roster, AMY, RORY)
    assert results(items) == ["unchanged", "new"]


async def test_answers_a_key_as_before(roster: Roster) -> None:
    key = {"Idempotency-Key": "one"}
    answers = [
        await roster.api.request(
            "POST", PATH, content=body(AMY), params={"source": "mis"}, headers=LINES | key
        )
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert roster.one("select count(*) from roster_import where school_id = %s") == 1


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("{", "ndjson.invalid_json"),
        ("[]", "ndjson.invalid_json"),
        ('{"end":{"rows":7}}', "ndjson.invalid_json"),
        ('{"given_name":"Nobody"}', "row.no_identifier"),
        ('{"source_id":"p9"}', "row.missing_name"),
        ('{"source_id":"p1","given_name":"Twice"}', "reference.duplicate_identifier"),
        ('\x00{"source_id":"p9"}', "ndjson.invalid_json"),
    ],
)
async def test_one_bad_line_holds_back_no_other(roster: Roster, bad: str, code: str) -> None:
    items, done = await send(roster, AMY, "", bad, RORY)

    assert results(items) == ["new", "problem", "new"]
    assert [one["line"] for one in items] == [1, 3, 4]
    assert code in [one["code"] for one in items[1]["problems"]]
    assert (items[1]["child_id"], items[1]["source_id"]) == (None, None)
    assert done["state"] == "applied"


async def test_tells_of_what_changed(roster: Roster) -> None:
    await send(roster, AMY, RORY)
    contact = AMY | {"contacts": [{"id": "c1", "name": "Anne Pond", "relationship": "mother"}]}

    assert results((await send(roster, contact))[0]) == ["changed"]
    assert results((await send(roster, RORY | {"family_name": "Mott"}))[0]) == ["changed"]
    items, _ = await send(roster, RORY | {"leaving_date": "2026-01-31"})
    assert results(items) == ["held"]
    assert roster.child("p2")["roll_status"] == "on_roll"
    assert roster.child("p1")["roll_status"] == "on_roll"


async def test_lets_nobody_leave_who_is_not_named(roster: Roster) -> None:
    await send(roster, AMY, RORY)
    await send(roster, AMY | {"year_group": "8"})
    assert roster.child("p2")["roll_status"] == "on_roll"


async def test_leaves_out_departures_where_strict_is_preferred(roster: Roster) -> None:
    odd = RORY | {"shoe_size": "5"}
    answer = await roster.api.request(
        "POST", PATH, content=body(AMY, odd), params={"source": "mis"},
        headers=LINES | {"Prefer": "respond-async, Handling=STRICT"},
    )  # fmt: skip
    assert answer.headers["preference-applied"] == "handling=strict"
    items = [orjson.loads(line) for line in answer.content.splitlines()]
    assert results(items) == ["new", "problem"]
    assert [one["code"] for one in items[1]["problems"]] == ["ndjson.unknown_member"]
    found = (await roster.api.get(answer.headers["location"])).json()
    assert found["handling"] == "strict"


async def test_is_held_whole_and_can_be_approved(roster: Roster) -> None:
    children = [RORY | {"source_id": f"q{n}"} for n in range(20)]
    await send(roster, *children)
    leave = [one | {"leaving_date": "2026-01-31"} for one in children[:10]]

    items, held = await send(roster, *leave)

    assert results(items) == ["held"] * 10
    assert (held["state"], held["fault"]["code"]) == ("held", "leaver_to_look_at")
    assert [one["code"] for one in held["counts"]["held"]] == [
        "leaver_to_look_at",
        "too_many_leavers",
    ]
    assert roster.child("q1")["roll_status"] == "on_roll"
    lead = roster.school.lead
    tasks = (await lead.get("/v1/tasks?kind=leaver_check&limit=50")).json()["items"]
    assert len(tasks) == 10
    for task in tasks:
        done = await lead.post(f"/v1/tasks/{task['id']}/complete", {}, version=1)
        assert done.status_code == 200, done.text
    path = f"/v1/roster/imports/{held['id']}"
    etag = (await roster.api.get(path)).headers["etag"]
    answer = await roster.api.post(f"{path}/approve", headers={"If-Match": etag})
    assert answer.status_code == 200
    await roster.run(held["id"])
    assert (await roster.get(held["id"]))["state"] == "applied"
    assert roster.child("q1")["roll_status"] == "left"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", LINES["Content-Type"], 422, "missing"),
        (b"\n\n", LINES["Content-Type"], 422, "missing"),
        (b"{}\n" * 1_001, LINES["Content-Type"], 422, "too_many_lines"),
        (b"{}\n", "application/json", 415, None),
        (b" " * (4 * 1024 * 1024 + 1), LINES["Content-Type"], 413, None),
    ],
)  # fmt: skip
async def test_refuses_what_is_no_batch(
    roster: Roster, content: bytes, kind: str, status: int, code: str | None
) -> None:
    answer = await roster.api.request(
        "POST", PATH, content=content, params={"source": "mis"}, headers={"Content-Type": kind}
    )
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["errors"][0]["code"] == code
    assert roster.one("select count(*) from roster_import where school_id = %s") == 0


async def test_a_key_needs_the_scope(world: World, school: School) -> None:
    for scope, status in ((Permission.ROSTER_IMPORT, 200), (Permission.ROSTER_READ, 403)):
        _, token = await world.a_service_key(school.id, scope)
        key = Api(world, token)
        answer = await key.request(
            "POST", PATH, content=body(AMY), params={"source": "mis"}, headers=LINES
        )
        assert answer.status_code == status, answer.text


async def test_a_source_of_another_key_is_refused(world: World, school: School) -> None:
    keys = [await world.a_service_key(school.id, Permission.ROSTER_IMPORT) for _ in range(2)]
    first, second = [
        await Api(world, token).request(
            "POST", PATH, content=body(AMY), params={"source": "mis"}, headers=LINES
        )
        for _, token in keys
    ]
    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "source_of_another_key")


async def test_tells_a_program_of_no_leaver_who_is_looked_after(
    world: World, school: School, roster: Roster
) -> None:
    """Two pupils, one of whom is on the support list: the same answers, and tasks for a lead."""
    _, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
    roster.api = Api(world, token)
    amy = AMY | {"contacts": []}
    (first, second), _ = await send(roster, amy, RORY)
    await a_plan(school, UUID(first["child_id"]))
    told = []
    for child in (amy, RORY):
        items, found = await send(roster, child | {"leaving_date": "2026-01-31"})
        listed = await roster.problems(found["id"])
        shown = {name: found[name] for name in ("state", "fault", "counts", "permissions", "total")}
        said = [{**one, "source_id": "", "child_id": ""} for one in items]
        told.append((said, shown, listed))
        path = f"/v1/roster/imports/{found['id']}"
        etag = (await roster.api.get(path)).headers["etag"]
        early = await roster.api.post(f"{path}/approve", headers={"If-Match": etag})
        assert (early.status_code, early.json()["code"]) == (403, "permission_missing")
    assert told[0] == told[1]
    assert told[0][1]["fault"]["code"] == "needs_person"
    looked_at = world.sql(
        "select child_id from task where school_id = %s and kind = 'leaver_check'", school.id
    )
    assert {str(one) for (one,) in looked_at} == {first["child_id"], second["child_id"]}


async def test_other_roles_are_refused(school: School) -> None:
    answer = await school.api(Role.STAFF).request(
        "POST", PATH, content=body(AMY), params={"source": "mis"}, headers=LINES
    )
    assert answer.status_code == 403


async def test_the_whole_can_be_undone(roster: Roster) -> None:
    _, done = await send(roster, AMY, RORY)
    path = f"/v1/roster/imports/{done['id']}"
    etag = (await roster.api.get(path)).headers["etag"]
    assert (await roster.api.post(f"{path}/undo", headers={"If-Match": etag})).status_code == 200
    database = roster.school.world.runtime.database
    await run_undo(database, roster.school.id, UUID(done["id"]))
    assert roster.child("p1")["roll_status"] == "left"
