"""Nothing that is hidden from a reader shows in what they are told of anything else.

Two schools look alike to a reader. In one of them, each child and concern of a request also has one
of everything that can be hidden from them. Every request is sent to both, and is answered alike.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from app.core import clock
from app.core.words import Role
from tests.owners import Plot
from tests.sampling import WHOLE, in_turn_of, sampled
from tests.security.hidden import Hider
from tests.security.matrix import TABLE
from tests.security.operations import Operation, operations
from tests.security.scenes import SENTINEL, Call, Scene, a_school
from tests.security.test_body_ids import JSON, choices
from tests.world import Api, School, World

OPERATIONS = operations()
READS = {one.path: one for one in OPERATIONS.values() if one.method == "GET"}
BY_CHANCE = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+]\d\d:\d\d)|\b[A-Z]-[0-9A-Fa-f-]{8,23}"
    r"|(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}|(?:secret=)?\b[A-Z2-7]{32}\b"
    r"|(?=[A-Za-z_./+=-]*(?:\d|[a-z][A-Z]))[\w./+=-]{20,}"
    r"|(?<![0-9a-zA-Z])[0-9a-f]{4}(?![0-9a-zA-Z])|[0-9a-f]{6,}"
)
"""Ids, moments, references, secrets, digests, and what keeps names of two schools apart."""
SIZE = 1_000
"""A number as large is one of bytes, which such words fill."""
ROLES = (Role.DEPUTY_DSL, Role.PASTORAL, Role.STAFF, Role.DSL)
"""One of all classes but K5, one of a cohort, one who reads what they reported, and one who reads

everything but what they are named in.
"""
ONE_PLAN = (
    r"\w+: /permissions: .*'use_plan'\] and .*|begin_plan: /number: 1 and 2"
    r"|use_plan: 200 None and 409 safety_plan_overtaken"
)
PACKET = r"\w+: /packet/(?:counts|size): .* and None"
EXCUSED = {
    "begin_plan": ONE_PLAN,
    "agree_plan": ONE_PLAN,
    "record_plan_copy": ONE_PLAN,
    "use_plan": ONE_PLAN,
    "agree_support_plan": "agree_support_plan: 201 None and 409 support_plan_exists",
    "move_concern": "move_concern: 200 None and 409 concern_has_open_work",
    "confirm_share": "confirm_share: 200 None and 403 telling_blocked",
    "download_packet": f"download_packet: 200 None and 403 items_hidden|{PACKET}",
    "record_transfer_sent": f"record_transfer_sent: 200 None and 403 items_hidden|{PACKET}",
    "record_transfer_rejection": PACKET,
}
"""What tells something all the same, by decision 0084, and the difference that it makes."""
EXCUSED_OF_LEADS = EXCUSED | {
    "approve_transfer": "approve_transfer: 200 None and 403 items_hidden",
    "reveal_transfer_passphrase":
        f"reveal_transfer_passphrase: 200 None and 403 items_hidden|{PACKET}",
    "record_transfer_receipt": PACKET,
    "preview_transfer_contents": "preview_transfer_contents: /whole: True and False",
}  # fmt: skip
"""A concern that a lead is named in travels with the file, where a sealed one stays."""
PLAN = frozenset({"safety_plan"})
IN_THE_WAY = {
    "begin_plan": PLAN,
    "agree_plan": PLAN,
    "record_plan_copy": PLAN,
    "use_plan": PLAN,
    "agree_support_plan": frozenset({"support_plan"}),
    "move_concern": frozenset({"share", "referral", "concern_case"}),
    "confirm_share": frozenset({"self_harm"}),
}
"""What stands in the way of an excused request: without it, nothing else tells anything."""
NOT_OF_LEADS = frozenset({
    "start_drill", "list_drills", "get_drill", "end_drill",  # drills of every school end
    "prove_entry", "prove_consistency", "list_checkpoints",  # the numbers of transactions
    "get_latest_checkpoint",  # the same
    "list_staff", "list_roles", "list_intake_sources",  # who and what a recipe made, by name
})  # fmt: skip


Case = tuple[Role, str, str]


def switches(name: str) -> list[str]:
    """What an operation's body asks for or leaves, by name."""
    contents = OPERATIONS[name].described.get("requestBody", {}).get("content", {})
    return [
        field
        for kind in JSON
        if kind in contents
        for one in choices(contents[kind]["schema"])
        for field, schema in one.get("properties", {}).items()
        if any(part.get("type") == "boolean" for part in choices(schema))
    ]


def excused(case: Case) -> str | None:
    """The differences that a case may make."""
    role, name, _ = case
    return (EXCUSED_OF_LEADS if role is Role.DSL else EXCUSED).get(name)


def is_named(case: Case) -> bool:
    """Whether the reader is named in what is hidden; a deputy in turn, where it is else sealed."""
    role, *what = case
    return role is Role.DSL or (role is Role.DEPUTY_DSL and in_turn_of(" ".join(what), 2))


def cases() -> list[Case]:
    """Who does what on this run: deputies every change, and the rest in turn.

    Each is done as its recipe has it, and once more with each switch of its body on.
    """
    found: list[Case] = []
    for role in ROLES:
        names = [
            name
            for name, row in sorted(TABLE.items())
            if role in row.roles and not OPERATIONS[name].is_public and row.by_key is None
        ]
        changes = [name for name in names if OPERATIONS[name].method != "GET"]
        chosen = {*sampled(names, 5)} | ({*changes} if role is Role.DEPUTY_DSL else set())
        if role is Role.DSL:
            chosen = {name for name in {*names} - NOT_OF_LEADS if in_turn_of(f"lead {name}", 16)}
        named = [name for name in names if name in chosen]
        found += [(role, name, on) for name in named for on in ("", *switches(name))]
    return found


CASES = cases()
BY_NAME = {
    "list_authority_contacts": "items", "get_possible_owners": "items",
    "get_possible_case_managers": "items", "explain_access_to": "people",
}  # fmt: skip
"""Lists in the order of names that are partly of chance, each with the field that has it."""
GIVES_SIGHT = ("break_glass",)
"""After it, its sender reads for a while what was hidden."""
born: dict[UUID, int] = {}
kin: dict[UUID, UUID] = {}


class Twin(Scene):
    """A scene whose children were born on the same days as those of the other school."""

    async def child(self, **columns: Any) -> str:
        born[self.school.id] = born.get(self.school.id, 0) + 1
        columns.setdefault("date_of_birth", date(2008, 1, 1) + timedelta(born[self.school.id]))
        return await super().child(**columns)


@dataclass(frozen=True)
class Told:
    """What one request was answered, without what is never the same twice."""

    name: str
    status: int
    version: str
    body: Any

    @property
    def brief(self) -> str:
        code = self.body.get("code") if isinstance(self.body, dict) else None
        return f"{self.status} {code}"


async def a_pair(world: World, role: Role) -> tuple[School, School]:
    """Two schools with an agency, and with a child whose file is closed to the reader."""
    schools = await a_school(world), await a_school(world)
    for school in schools:
        scene = Scene(world, school, school[Role.DSL])
        await scene.agency()
        child = await school.child(f"{SENTINEL}k", f"{SENTINEL}l", date_of_birth=date(2007, 1, 1))
        kin[school.id] = child
        Plot(world, school, child).put(
            "child_identifier", child_id=child, system="upn", value="A123456789012",
            source="by_hand", created_at=clock.now(),
        )  # fmt: skip
        body = {"child_id": str(child), "staff_id": str(school[role].id), "reason": "An aunt."}
        await scene.made_by(scene.lead, "/v1/conflicts", body)
    return schools


Pairs = dict[tuple[Role, bool], tuple[School, School]]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """The schools of each role: those of all that is answered alike, and apart from them those of

    the rest, since the lists of a school show later what was refused.
    """
    return {}


async def pair_of(world: World, pairs: Pairs, case: Case) -> tuple[School, School]:
    key = case[0], excused(case) is not None
    if key not in pairs:
        pairs[key] = await a_pair(world, case[0])
    return pairs[key]


def alike(school: School, value: Any) -> Any:
    """A value without what is never the same twice."""
    if isinstance(value, dict):
        return {alike(school, name): alike(school, one) for name, one in value.items()}
    if isinstance(value, list):
        return [alike(school, one) for one in value]
    if isinstance(value, int) and value >= SIZE:
        return SIZE
    if not isinstance(value, str):
        return value
    for role, one in school.people.items():
        value = value.replace(one.name, role.value).replace(one.email, role.value)
    return BY_CHANCE.sub("?", value.replace(school.name, "school"))


def told(school: School, name: str, answer: httpx.Response) -> Told:
    kind, etag = answer.headers.get("content-type", ""), answer.headers.get("etag", "")
    number = re.match(r'"(\d{1,3})["-]', etag)
    body: Any = kind
    if "json" in kind:
        lines = answer.content.splitlines() if "ndjson" in kind else [answer.content]
        body = [alike(school, orjson.loads(line)) for line in lines]
        body = body[0] if len(body) == 1 else body
        if name in BY_NAME and BY_NAME[name] in body:
            body[BY_NAME[name]].sort(key=orjson.dumps)
    elif kind.startswith("text/"):
        body = alike(school, answer.text)
    return Told(name, answer.status_code, number[1] if number else "", body)


def around(operation: Operation) -> list[Operation]:
    """What opens the records and lists that an address goes through."""
    parts = operation.path.split("/")
    paths = ["/".join(parts[:length]) for length in range(4, len(parts) + 1)]
    found = [READS[path] for path in paths if "{" in path and path in READS]
    return [one for one in found if one is not operation]


def since(world: World, school: School, table: str, before: set[UUID]) -> list[UUID]:
    rows = world.sql(f"select id from {table} where school_id = %s order by id", school.id)  # noqa: S608
    return [id_ for (id_,) in rows if id_ not in before]


async def next_steps(
    api: Api, school: School, children: list[UUID], concerns: list[UUID]
) -> list[Told]:
    """What the reader is advised to do next about the first child and concern of a request."""
    paths = [f"/v1/children/{id_}/next-steps" for id_ in children[:1]]
    paths += [f"/v1/concerns/{id_}/next-steps" for id_ in concerns[:1]]
    return [told(school, "next steps", await api.get(path)) for path in paths]


async def played(
    world: World, school: School, case: Case, *, hiding: bool, without: frozenset[str]
) -> list[Told]:
    """Prepare a request and send it; what it and the reads around it are answered, then and after.

    What a request lets its sender see for a while is over before the next one. `without` is what
    of all that could be hidden is not.
    """
    role, name, on = case
    operation, api = OPERATIONS[name], school.api(role)
    before = {table: {*since(world, school, table, set())} for table in ("child", "concern")}
    call = await TABLE[name].recipe(Twin(world, school, school[role]))
    if on and isinstance(call.json, dict):
        call = replace(call, json={**call.json, on: True})
    children, concerns = (since(world, school, table, known) for table, known in before.items())
    world.sql("delete from rate_limit")
    hider = Hider(world, school, school[role], kin[school.id], is_named(case), without)
    hider.bring(children)
    if hiding:
        hider.hide(children, concerns)
    reads = around(operation)
    ids = Call(call.ids)
    found = [told(school, one.name, await one.send(api, ids)) for one in reads]
    answer = await operation.send(api, call)
    assert hiding or on or answer.status_code in operation.good, answer.text
    found.append(told(school, name, answer))
    found += [told(school, one.name, await one.send(api, ids)) for one in reads]
    if name not in GIVES_SIGHT:
        found += await next_steps(api, school, children, concerns)
    world.sql(
        "update access_grant set valid_to = now() - interval '1 second',"
        " valid_from = least(valid_from, now() - interval '1 minute')"
        " where staff_id = %s and valid_to > now()", school[role].id,
    )  # fmt: skip
    return found


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two bodies differ, and how."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for name in sorted({*one, *other})
            for found in differences(one.get(name, "-"), other.get(name, "-"), f"{at}/{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for place, both in pairs for found in differences(*both, f"{at}/{place}")]
    return [] if one == other else [f"{at}: {str(one)[:300]} and {str(other)[:300]}"]


def compared(one: Told, other: Told) -> list[str]:
    """How one answer differs from its twin."""
    if one.status != other.status:
        return [f"{one.name}: {one.brief} and {other.brief}"]
    versions = [] if one.version == other.version else [f"etag {one.version} and {other.version}"]
    return [f"{one.name}: {found}" for found in versions + differences(one.body, other.body)]


async def found_in(
    world: World,
    schools: tuple[School, School],
    case: Case,
    *,
    since: bool = True,
    without: frozenset[str] = frozenset(),
) -> list[str]:
    """How the answers differ; without `since`, up to that of the request itself."""
    plain = await played(world, schools[0], case, hiding=False, without=without)
    beside = await played(world, schools[1], case, hiding=True, without=without)
    pairs = [*zip(plain, beside, strict=True)]
    if not since:
        pairs = pairs[: [one.name for one in plain].index(case[1]) + 1]
    return [found for both in pairs for found in compared(*both)]


def named(case: Case) -> str:
    return "-".join(part for part in case if part)


APART = [one for one in CASES if excused(one)]


@pytest.mark.parametrize("case", [one for one in CASES if one not in APART], ids=named)
async def test_what_is_hidden_changes_no_answer(world: World, pairs: Pairs, case: Case) -> None:
    found = await found_in(world, await pair_of(world, pairs, case), case)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("case", APART, ids=named)
async def test_what_tells_something_all_the_same(world: World, pairs: Pairs, case: Case) -> None:
    found = await found_in(world, await pair_of(world, pairs, case), case, since=False)
    assert found, "nothing differs any more: take it off the list"
    assert [one for one in found if not re.fullmatch(str(excused(case)), one)] == []


@pytest.mark.parametrize("case", [one for one in APART if one[1] in IN_THE_WAY], ids=named)
async def test_nothing_else_is_behind_it(world: World, case: Case) -> None:
    without = IN_THE_WAY[case[1]]
    found = await found_in(world, await a_pair(world, case[0]), case, without=without)
    assert not found, "\n".join(found)


def test_the_sweep_does_enough() -> None:
    assert len(CASES) > (650 if WHOLE else 300)
    assert EXCUSED_OF_LEADS.keys() <= TABLE.keys()
