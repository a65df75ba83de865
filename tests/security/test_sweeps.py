"""Runs every operation once and looks at everything that came of it."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from app.api.route_classes import CommandRoute
from app.core import log as logs
from app.core.words import Role
from app.db.scope import MEMBER
from app.db.session import tables_written
from tests.routes import api_routes
from tests.sampling import drawn
from tests.security.capture import captured
from tests.security.matrix import TABLE
from tests.security.operations import Operation, operations
from tests.security.scenes import SENTINEL, Call, Scene, a_school
from tests.security.school_filters import tables_of, unfiltered
from tests.world import PASSWORD, Api, School, World

OPERATIONS = operations()
KNOWN = sorted(set(OPERATIONS) & set(TABLE))
WITH_JSON = [
    name
    for name in KNOWN
    if OPERATIONS[name].described.get("requestBody", {}).get("content", {}).keys()
    & {"application/json", "application/merge-patch+json"}
]
BUDGET = {
    "send_monitoring_alert": 24, "send_signed_monitoring_alert": 24,
    "list_concerns": 2, "open_concern": 5, "raise_concern": 4, "read_chronology": 4,
    "get_overview": 6,  # 3, and which alerts the inbox hides: a statement for each kind that could
    "remove_scim_user": 29,  # what proves the person; an administrator stays
    # and what guards telling home by now; where it goes, and who changed that last
    "send_share": 23, "record_hand_over": 21,
    "correct_meeting": 22,  # its day in the chronology moves with it
    "record_mandatory_report_sent": 21,
    "confirm_bereavement_case": 36,
    # who sees all of the packet is asked by kind; what the authority's dates ask for ends
    "record_transfer_sent": 24, "record_transfer_receipt": 30,
    "return_outcome": 21,
    "take_up_monitoring_alert": 21,  # and who stands in for a lead who is away
    "approve_share": 24,  # and what guards telling home, and where it goes
    "create_school": 40,  # the trust and the school, and each of three first people
    "invite_first_person": 35,  # one ends and another is asked, each with who hears of it
    "merge_child": 80,  # each table that names a child is looked through, and what moves is kept
    "unmerge_child": 90,
    "import_roster_children": 130,  # a whole import: staged, compared, applied and traced
    "merge_concern": 25,  # what is owed to the pupil moves with it
    "triage_concern": 21,  # who owns it is named
    "withdraw_referral": 21,  # who did what is named
    "create_case": 23,  # each concern that it holds is locked and looked at
    # what comes next is asked of the file, as the door does
    "change_support_plan": 22, "end_support_plan": 21, "agree_support_plan": 21,
    "record_reintegration_day_90": 21, "review_plan": 22,
    "correct_concern": 28,  # two files, who had heard of it, what it led to, and cases
    "move_concern": 45,  # the whole of it goes to the adult register
    "approve_referral": 22,  # the contacts who may not be told, by person
    "record_left_safely": 29,  # and what the pupil is owed on the next school day
    "record_emergency": 42,  # danger now: the step, the concern's clock again, and all leads told
}  # fmt: skip
MOST_STATEMENTS = 20
SECRETS = re.compile(r'"(?:access_token|refresh_token|secret|session|client_secret)" ?: ?"([^"]+)"')
"""What an answer holds that opens something."""
ELSEWHERE = {"accept_my_invitation", "decline_my_invitation"}
"""Answers to another organisation, which alone learns of them and keeps their trace."""
LATER = {"look_up", "search_children"}
"""Searches: one entry for all the letters of one, when it ends (`test_child_searches.py`)."""
OWN_ROLES = {"membership", "staff"}
ACROSS_SCHOOLS: dict[str, set[str]] = {
    **dict.fromkeys(
        ("change_password", "issue_token", "switch_role", "get_me", "list_my_invitations"),
        OWN_ROLES,
    ),
    "confirm_password_reset": {"staff"},  # where the account may sign in
    "reset_second_factor": {"staff"},  # where the person works, too
    "remove_scim_user": {"staff"},  # whether the account works elsewhere too
    "send_signed_monitoring_alert": {"intake_source"},  # a signature names a source and no school
}
"""Operations that read rows of several schools by an account or an id, and the tables they read."""
TRACES = {"trail", "adult_trail", "service_key"}
"""A look leaves an entry in a trail; a service key's use leaves when and from where."""
LIMITS = {"rate_limit"}
"""Who has no session is counted."""
OPENINGS = {"alert", "share_event", "recipient_session", "share", "deadline", "row_trail"}
"""The first look of a recipient's session is an opening: a lead waits for it no more."""
FETCHES = {"referral", "referral_event", "row_trail"}
"""What an agency fetched is noted with the referral, and rows that are written are hashed."""
TELLS = {"alert", "row_trail", "procrastinate_jobs"}
"""Leads hear of each download of a whole school."""
SEARCHES = {"child_search"}
"""A reader of the audit log ends the searches that go on, so that it has them."""
BESIDE = {
    "open_link": LIMITS, "read_shared": OPENINGS, "download_shared_snapshot": OPENINGS,
    "print_shared": OPENINGS, "download_shared_attachment": OPENINGS,
    "download_sent_attachment": FETCHES, "download_school_export": TELLS,
    "open_audit": SEARCHES, "read_child_access_log": SEARCHES,
}  # fmt: skip
PROMISED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "an array": b"[]",
    "an empty object": b"{}",
    "not json": b"{",
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a nul": b'{"a": "\\u0000"}',
    "a raw nul": b'{"a": "\x00"}',
    "invalid utf-8": b'{"a": "\xff\xfe"}',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "deep nesting": b"[" * 100_000,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a huge integer": b'{"a": ' + b"9" * 5_000 + b"}",
    "a big integer": b'{"a": 99999999999999999999999}',
    "a name twice": b'{"a": 1, "a": 2}',
    "a trailing comma": b'{"a": 1,}',
    "two values": b"{}{}",
}
EVERYWHERE = ("nothing", "an empty object", "a nul", "invalid utf-8")
"""Hostile bodies that every operation gets on every run, besides some that are drawn for it."""
NOT_JSON = ("text/plain", "application/xml", "multipart/form-data", "application/jsonp", "x")


@dataclass
class Came:
    """What came of one operation, done by somebody who may."""

    operation: Operation
    scene: Scene
    api: Api
    call: Call
    answer: httpx.Response
    statements: list[str]
    trail: int


@dataclass
class Run:
    """What came of all of them, and what was logged meanwhile."""

    school: School
    done: dict[str, Came] = field(default_factory=dict)
    failures: list[httpx.Response] = field(default_factory=list)
    log: str = ""


@pytest.fixture(scope="module")
async def run(world: World) -> Run:
    """Every operation once, then every failure path with the sentinel in it."""
    school = await a_school(world)
    found, said = Run(school), io.StringIO()
    with redirect_stderr(said):
        logs.configure("debug")
        for name in KNOWN:
            found.done[name] = await perform(world, school, name)
        for came in found.done.values():
            found.failures.extend([one async for one in fail(world, school, came)])
    logs.configure("error")
    found.log = said.getvalue()
    return found


async def perform(world: World, school: School, name: str) -> Came:
    operation, row = OPERATIONS[name], TABLE[name]
    if row.in_trust:
        school = await a_school(world, kind="trust")
    roles = row.roles | row.in_trust
    role = max(roles, default=Role.STAFF)
    actor = school[role] if roles else await school.person(role)
    scene = Scene(world, school, actor)
    api = school.api(role) if roles else world.anybody
    if row.by_key is not None:
        api = world.as_token((await world.a_service_key(school.id, row.by_key))[1])
    call = await row.recipe(scene)
    before = trail_of(world, school)
    async with captured(world) as statements:
        answer = await operation.send(api, call, headers={"X-Request-Id": "a" * 9})
    return Came(operation, scene, api, call, answer, statements, trail_of(world, school) - before)


async def fail(world: World, school: School, came: Came) -> AsyncIterator[httpx.Response]:
    """The same request refused, repeated, and with the sentinel in every wrong place."""
    send, call = came.operation.send, came.call
    if came.operation.is_public:
        return
    yield await send(school.api(Role.GOVERNOR), call)
    yield await send(came.api, call)
    if call.json is not None:
        wrong = (
            dict.fromkeys(call.json, SENTINEL),
            {name: {SENTINEL: SENTINEL} for name in call.json},
            {name: [SENTINEL * 9_000] for name in call.json},
            {**call.json, "unknown": SENTINEL},
        )
        for one in drawn(wrong, came.operation.name, 2):
            yield await send(came.api, call, json=one)
        yield await send(
            came.api, call, json=None,
            content=f'{{"{SENTINEL}'.encode(), headers={"Content-Type": "application/json"},
        )  # fmt: skip


def trail_of(world: World, school: School) -> int:
    """Entries of both trails."""
    number: int = world.sql(
        "select (select count(*) from trail where school_id = %s)"
        " + (select count(*) from adult_trail where school_id = %s)",
        school.id,
        school.id,
    )[0][0]
    return number


class TestEveryOperation:
    @pytest.mark.parametrize("name", KNOWN)
    def test_succeeded_in_this_sweep(self, run: Run, name: str) -> None:
        came = run.done[name]
        assert came.answer.status_code in came.operation.good, came.answer.text
        assert came.statements or came.operation.is_public

    @pytest.mark.parametrize("name", KNOWN)
    def test_names_the_school_in_every_statement(self, run: Run, name: str) -> None:
        """The second wall behind row-level security, and what lets a cluster route it."""
        loose = {
            statement: tables
            for statement in run.done[name].statements
            if (tables := unfiltered(statement) - ACROSS_SCHOOLS.get(name, set()))
        }
        assert loose == {}

    @pytest.mark.parametrize("name", sorted(ACROSS_SCHOOLS))
    def test_reads_across_schools_only_what_is_named(self, run: Run, name: str) -> None:
        found = {table for one in run.done[name].statements for table in unfiltered(one)}
        assert found == ACROSS_SCHOOLS[name]

    @pytest.mark.parametrize("name", KNOWN)
    def test_binds_every_value(self, run: Run, name: str) -> None:
        """Nothing that was sent stands in the text of a statement."""
        came = run.done[name]
        sent = {SENTINEL.lower(), *(one for one in came.call.ids.values() if len(one) > 30)}
        assert [one for one in came.statements if any(part in one.lower() for part in sent)] == []

    @pytest.mark.parametrize("name", KNOWN)
    def test_stays_within_its_budget(self, run: Run, name: str) -> None:
        """Without the look at what binds a member, which is sent only where something may."""
        sent = [one for one in run.done[name].statements if one.strip() != MEMBER.strip()]
        most = BUDGET.get(name, MOST_STATEMENTS)
        assert len(sent) <= most, f"{len(sent)} statements:\n\n" + "\n\n".join(sent)

    def test_leaves_a_trace_when_it_changes_or_opens(self, world: World, run: Run) -> None:
        doors = {route.name: route for _, route in api_routes(world.application.app)}
        untraced = [
            name
            for name, came in run.done.items()
            if isinstance(doors[name], CommandRoute)
            and name not in ELSEWHERE | LATER
            and came.trail < 1
        ]
        assert untraced == []

    def test_leaves_no_trace_when_it_only_lists(self, run: Run) -> None:
        """A reading transaction cannot write: what leaves a trace is a command."""
        assert run.done["list_concerns"].trail == 0


class TestGet:
    """Whether it may: `test_safe_methods.py`."""

    def test_writes_nothing_but_its_trace(self, run: Run) -> None:
        safe = [name for name in KNOWN if OPERATIONS[name].method == "GET"]
        changed = {}
        for name in safe:
            written = {table for one in run.done[name].statements for table in tables_written(one)}
            if more := written - TRACES - BESIDE.get(name, set()):
                changed[name] = more
        assert len(safe) > 20
        assert changed == {}


class TestTheCapture:
    """The sweep over statements would pass blindly where it saw or judged nothing."""

    @pytest.mark.parametrize(
        ("name", "least"), [("list_concerns", 2), ("open_concern", 3), ("raise_concern", 3)]
    )
    def test_sees_what_is_sent_both_ways(self, run: Run, name: str, least: int) -> None:
        sent = run.done[name].statements
        assert len(sent) >= least
        assert any("concern" in tables_of(statement) for statement in sent)


class TestPersonalData:
    def test_was_in_the_requests(self, run: Run) -> None:
        """Else the rest of this class proves nothing."""
        assert SENTINEL in str([came.call.json for came in run.done.values()])
        assert len(run.log) > 1_000

    def test_stays_out_of_logs(self, run: Run) -> None:
        people = run.school.people.values()
        said = {SENTINEL.lower(), PASSWORD}
        said |= {one.lower() for person in people for one in (person.name, person.email)}
        assert [one for one in sorted(said) if one in run.log.lower()] == []

    def test_stays_out_of_logs_like_what_opens_a_session(self, run: Run) -> None:
        tokens = {person.token for person in run.school.people.values()}
        for came in run.done.values():
            tokens |= set(SECRETS.findall(came.answer.text))
        assert len(tokens) > len(run.school.people)
        assert [one for one in tokens if one in run.log] == []

    def test_stays_out_of_jobs(self, world: World, run: Run) -> None:
        rows = world.sql("select args::text from procrastinate_jobs")
        assert rows
        told = [row[0] for row in rows if SENTINEL.lower() in row[0].lower()]
        assert told == []

    def test_stays_out_of_addresses(self, run: Run) -> None:
        for came in run.done.values():
            assert SENTINEL.lower() not in str(came.answer.request.url).lower()
            for name in ("location", "link"):
                assert SENTINEL.lower() not in came.answer.headers.get(name, "").lower()

    def test_stays_out_of_failures(self, run: Run) -> None:
        assert {answer.status_code for answer in run.failures} >= {400, 403, 422}
        told = [
            f"{answer.request.method} {answer.request.url.path}: {answer.text}"
            for answer in run.failures
            if answer.status_code >= 400 and SENTINEL in answer.text.replace(f"/{SENTINEL}", "")
        ]
        assert told == []

    def test_stays_out_of_the_details_of_the_trail(self, world: World, run: Run) -> None:
        rows = world.sql(
            "select verb, details::text from trail where school_id = %s"
            " union all select verb, details::text from adult_trail where school_id = %s",
            run.school.id,
            run.school.id,
        )
        told = [row for row in rows if SENTINEL.lower() in row[1].lower()]
        assert told == []

    def test_failed_as_a_problem_never_as_a_fault(self, run: Run) -> None:
        faults = [answer for answer in run.failures if answer.status_code >= 500]
        assert [f"{one.request.method} {one.request.url.path}" for one in faults] == []


KEPT_BY_ANYBODY = {"list_vocabularies", "get_vocabulary", "list_problems"}
"""What says the same to everybody, and may be kept for a day."""


class TestHeaders:
    @pytest.mark.parametrize("name", KNOWN)
    def test_protect_every_answer(self, run: Run, name: str) -> None:
        check_headers(run.done[name].answer, page=name in KEPT_BY_ANYBODY)
        assert run.done[name].answer.headers["x-request-id"] == "a" * 9
        assert "set-cookie" not in run.done[name].answer.headers

    def test_protect_every_failure(self, run: Run) -> None:
        for answer in run.failures:
            check_headers(answer)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/nowhere", 404),
            ("GET", "/v1/me/", 404),
            ("PUT", "/v1/me", 405),
            ("TRACE", "/v1/me", 405),
            ("OPTIONS", "/v1/me", 405),
            ("GET", "/docs", 200),
            ("GET", "/openapi.json", 200),
            ("GET", "/metrics", 404),
            ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ],
    )
    async def test_protect_addresses_outside_the_contract(
        self, world: World, method: str, path: str, status: int
    ) -> None:
        answer = await world.http.request(method, path)
        assert answer.status_code == status
        check_headers(answer, page=path in ("/docs", "/openapi.json"))
        if status == 405:
            assert answer.headers["allow"]

    async def test_protect_a_body_that_is_too_large(self, world: World, school: School) -> None:
        big = b'{"current_password": "' + b"x" * world.runtime.settings.max_body_bytes + b'"}'
        answer = await school.staff.request(
            "POST", "/v1/me/password", content=big, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
        check_headers(answer)

    async def test_protect_a_fault_of_ours(self, world: World, school: School) -> None:
        """Something no code of ours expects, in the middle of a request."""
        database, world.runtime.database = world.runtime.database, None  # type: ignore[assignment]
        try:
            answer = await school.staff.get("/v1/me")
        finally:
            world.runtime.database = database
        assert answer.status_code == 500
        assert answer.json()["code"] == "internal_fault"
        assert "NoneType" not in answer.text
        check_headers(answer)

    @pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "\x1b[31mred", "ü" * 9])
    async def test_repeat_no_strange_request_id(self, world: World, given: str) -> None:
        answer = await world.http.get("/healthz", headers={b"X-Request-Id": given.encode()})
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])


def check_headers(answer: httpx.Response, *, page: bool = False) -> None:
    where = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
    for name, value in PROMISED.items():
        if page and name == "cache-control":
            continue
        assert answer.headers.get(name) == value, f"{where}: {name}"
    assert "content-security-policy" in answer.headers, where
    assert "x-request-id" in answer.headers, where
    assert "server" not in answer.headers, where
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == failure_type(answer), where


def failure_type(answer: httpx.Response) -> str:
    """What a failure is written as at this address."""
    path = answer.request.url.path
    if path.startswith(("/shared/", "/account/")):
        return "text/html; charset=utf-8"
    scim = path.startswith("/scim/v2")
    return "application/scim+json" if scim else "application/problem+json"


async def api_of(world: World, run: Run, came: Came) -> Api:
    """Who did it; a fresh key where a service key did, since time has passed."""
    by_key = TABLE[came.operation.name].by_key
    if by_key is None:
        return came.api
    return world.as_token((await world.a_service_key(run.school.id, by_key))[1])


class TestTheDraw:
    """A run sends each operation some hostile bodies; the nightly sends it all of them."""

    def test_leaves_no_body_and_no_name_unsent(self) -> None:
        sent = {what for name in WITH_JSON for what in (*EVERYWHERE, *drawn(HOSTILE, name, 3))}
        assert sent == set(HOSTILE)
        assert {kind for name in WITH_JSON for kind in drawn(NOT_JSON, name)} == set(NOT_JSON)


@pytest.mark.parametrize("name", WITH_JSON)
class TestAHostileBody:
    async def test_is_a_problem_and_never_a_fault(self, world: World, run: Run, name: str) -> None:
        came = run.done[name]
        api = await api_of(world, run, came)
        for what in dict.fromkeys((*EVERYWHERE, *drawn(HOSTILE, name, 3))):
            answer = await self.send(came, api, HOSTILE[what], "application/json")
            needed = came.operation.described["requestBody"].get("required", False)
            enough = what == "an empty object" or (what in ("nothing", "null") and not needed)
            if enough and answer.status_code in came.operation.good:
                continue
            assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.text}"
            assert answer.headers["content-type"] == failure_type(answer)

    async def test_is_refused_under_another_name(self, world: World, run: Run, name: str) -> None:
        came = run.done[name]
        api = await api_of(world, run, came)
        for kind in drawn(NOT_JSON, name):
            assert (await self.send(came, api, b"{}", kind)).status_code == 415, kind

    @staticmethod
    async def send(came: Came, api: Any, content: bytes, kind: str) -> httpx.Response:
        return await came.operation.send(
            api, came.call, json=None, content=content, headers={"Content-Type": kind}
        )
