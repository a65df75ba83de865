"""Reporting is never refused: whatever refuses it, what is urgent is kept and a lead told.

About an adult those are told who keep the adult register.

Every operation that reports or calls help, with every refusal that it can give.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import orjson
import pytest

from app.api import incomplete_reports
from app.api.limits import Limits
from app.core import clock
from app.core.ids import new_id
from app.core.limits import Policy
from app.core.words import Permission, Role
from app.db.unit_of_work import UnitOfWork
from app.domain.abuse import LATE_OF_PERSON, MINUTE
from app.domain.errors import TooManyRequests
from tests.adults import ROOT, adult_body, raise_about
from tests.api.record.test_concerns import a_body, raise_one
from tests.security.operations import operations
from tests.world import Api, Person, School, World

WORDS = "Zyxglorp says goodbye to everyone"
REPORTS = ("raise_concern", "amend_concern", "record_emergency", "record_with_adult",
           "report_worry", "complete_check_in", "answer_question")  # fmt: skip
ABOUT_ADULT = "raise_adult_concern"
ADDED = "amend_adult_concern"


@pytest.fixture(autouse=True)
def _as_new(world: World) -> None:
    """Nothing was kept from this network yet."""
    world.sql("delete from rate_limit")
    world.runtime.limits = Limits(world.runtime.database, world.runtime.settings)


@dataclass
class Try:
    """One urgent report by a teacher, and how it is going to be refused."""

    world: World
    school: School
    name: str
    path: str
    body: dict[str, Any]
    token: str | None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    during: Any = None
    """What is patched meanwhile."""

    @property
    def reporter(self) -> Person:
        """Who sends it."""
        return self.school[Role.STAFF]

    async def send(self) -> httpx.Response:
        """Send it."""
        headers = {"Content-Type": "application/json", **self.headers}
        content = self.content if self.content is not None else orjson.dumps(self.body)
        with self.during or ExitStack():
            return await Api(self.world, self.token).request(
                "POST", self.path, content=content, headers=headers
            )


async def a_check_in(world: World, school: School) -> str:
    """A check-in of today, which is the teacher's."""
    body = {
        "adult_id": str(school[Role.STAFF].id), "cover_id": str(school[Role.PASTORAL].id),
        "holiday_arrangement": "Mrs Roe rings.", "exit_arrangement": {"value": "After June."},
    }  # fmt: skip
    made = await school.lead.post(f"/v1/children/{await school.child()}/support-plan", body)
    assert made.status_code == 201, made.text
    rows = world.sql(
        "select id from check_in where plan_id = %s order by due_at limit 1", made.json()["id"]
    )
    world.sql(
        "update check_in set opens_at = now() - interval '5 minutes' where id = %s", rows[0][0]
    )
    return str(rows[0][0])


async def a_try(world: World, school: School, name: str) -> Try:
    """A valid and urgent request for an operation."""
    token = school[Role.STAFF].token
    if name in ("raise_concern", ABOUT_ADULT):
        path, body = "/v1/concerns", a_body(await school.child(), immediacy="immediate_danger")
        if name == ABOUT_ADULT:
            account = [{"kind": "observed", "text": WORDS}]
            adult = school[Role.PASTORAL].id
            path, body = ROOT, adult_body(adult, account=account, immediate_risk=True)
        return Try(world, school, name, path, body, token)
    if name == ADDED:
        concern = await raise_about(school.staff, school[Role.PASTORAL].id)
        world.sql("delete from alert where school_id = %s", school.id)
        path, body = f"{ROOT}/{concern['id']}/amendments", {"text": WORDS, "reason": "He said so."}
        return Try(world, school, name, path, body, token)
    if name in ("report_worry", "complete_check_in"):
        path = f"/v1/check-ins/{await a_check_in(world, school)}"
        if name == "report_worry":
            return Try(world, school, name, f"{path}/report-worry", {"words": WORDS}, token)
        body = {"how": "spoke", "worried_more": True}
        return Try(world, school, name, f"{path}/finish", body, token, {"If-Match": '"1"'})
    path = f"/v1/concerns/{(await raise_one(school.staff, await school.child()))['id']}"
    if name == "amend_concern":
        body = {"text": WORDS, "reason": "He said more.", "self_harm": {"kind": "suicide_attempt"}}
        return Try(world, school, name, f"{path}/amendments", body, token)
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "record_with_adult": ("with-adult", {"nobody": True}),
        "record_emergency": ("emergency", {"hand_over": WORDS}),
    }
    if name == "answer_question":
        asked = await school.lead.post(f"{path}/ask-reporter", {"text": "Where was it?"})
        calls[name] = (f"questions/{asked.json()['id']}/answer", {"text": WORDS})
    verb, body = calls[name]
    return Try(world, school, name, f"{path}/{verb}", body, token)


Refuse = Callable[[Try], Awaitable[None]]


async def run_out(one: Try) -> None:
    """The token ran out while they wrote, and nobody fetched another."""
    one.during = clock.shifted(timedelta(hours=1))


async def signed_out(one: Try) -> None:
    """The session was ended."""
    one.world.sql(
        "update auth_session set revoked_at = now() where id = %s", one.reporter.session_id
    )


async def suspended(one: Try) -> None:
    """The person was suspended while they wrote."""
    one.world.sql("update staff set suspended_at = now() where id = %s", one.reporter.id)


async def role_ended(one: Try) -> None:
    """The membership ended."""
    one.world.sql(
        "update membership set valid_to = valid_from where staff_id = %s", one.reporter.id
    )


async def without_permission(one: Try) -> None:
    """A governor, whose role may not do it."""
    one.token = one.school[Role.GOVERNOR].token


async def too_many(one: Try) -> None:
    """The account has sent too much."""
    policy = Policy("account", 1, MINUTE, burst=1)
    one.during = patch.object(Limits, "check_actor", side_effect=TooManyRequests(policy, 30))


async def too_many_and_signed_out(one: Try) -> None:
    """The same, and the session has ended as well."""
    await too_many(one)
    await signed_out(one)


async def too_many_from_there(one: Try) -> None:
    """Somebody else in the network has sent too much."""
    policy = Policy("address", 1, MINUTE, burst=1)
    one.during = patch.object(Limits, "check_address", side_effect=TooManyRequests(policy, 30))


async def packed(one: Try) -> None:
    """The body says that it is packed."""
    one.headers["Content-Encoding"] = "gzip"


async def of_another_type(one: Try) -> None:
    """It does not say that it is JSON."""
    one.headers["Content-Type"] = "text/plain"


async def cut(one: Try) -> None:
    """Its end is missing."""
    one.content = orjson.dumps(one.body | {"more": WORDS})[:-3]


async def too_large(one: Try) -> None:
    """It is longer than what is taken."""
    one.content = b'{"text": "' + WORDS.encode() * 60_000 + b'"}'


async def with_a_field_too_many(one: Try) -> None:
    """It says what nobody knows."""
    one.body |= {"mood": "low"}


async def with_a_bad_key(one: Try) -> None:
    """Its Idempotency-Key cannot be one."""
    one.headers["Idempotency-Key"] = "x" * 300


async def with_a_used_key(one: Try) -> None:
    """Its Idempotency-Key was used for something else."""
    one.headers["Idempotency-Key"] = key = str(new_id())
    other = await one.school.staff.post("/v1/concerns", a_body(await one.school.child()), key=key)
    assert other.status_code == 201


async def about_nothing(one: Try) -> None:
    """There is no such record, or none for this person any more."""
    if one.name == ABOUT_ADULT:
        one.body["about"] = {"staff_id": str(new_id())}
    elif one.name != "raise_concern":
        parts = one.path.split("/")
        one.path = "/".join([*parts[:3], str(new_id()), *parts[4:]])
    else:  # nor may an id be taken twice
        one.body["id"] = str(new_id())
        await raise_one(one.school.staff, await one.school.child(), id=one.body["id"])


async def stale(one: Try) -> None:
    """Somebody changed it meanwhile."""
    one.headers["If-Match"] = '"999"'


async def unversioned(one: Try) -> None:
    """It does not say which version was read."""
    one.headers.pop("If-Match", None)


async def broken(one: Try) -> None:
    """A fault of ours."""
    save, wrong = UnitOfWork.commit, iter([True])

    async def commit(work: UnitOfWork) -> None:
        if next(wrong, False):
            raise RuntimeError("a fault")
        await save(work)

    one.during = patch.object(UnitOfWork, "commit", commit)


EVERY = (
    run_out, signed_out, suspended, role_ended, without_permission, too_many,
    too_many_and_signed_out, too_many_from_there, packed, of_another_type, cut, too_large,
    with_a_field_too_many, with_a_bad_key, with_a_used_key, about_nothing, broken,
)  # fmt: skip
ONLY = {stale: ("complete_check_in",), unversioned: ("complete_check_in",)}
LATE = (run_out, signed_out, suspended, role_ended, too_many_and_signed_out)
UNREAD = (cut, too_large, about_nothing)
"""After these nobody knows who a report about an adult is about."""
TRIES = [
    pytest.param(name, refuse, id=f"{name}-{refuse.__name__}")
    for name in REPORTS
    for refuse in (*EVERY, *(one for one, names in ONLY.items() if name in names))
]


def traced(world: World, trail: str, draft: str) -> list[Any]:
    """What a trail says of an incomplete report."""
    return world.sql(f"select verb from {trail} where noun_id = %s", draft)  # noqa: S608


class TestEveryRefusal:
    @pytest.mark.parametrize(("name", "refuse"), TRIES)
    async def test_is_kept_and_told(
        self, world: World, school: School, name: str, refuse: Refuse
    ) -> None:
        one = await a_try(world, school, name)
        await refuse(one)
        answer = await one.send()
        found = answer.json()
        assert answer.status_code >= 400, answer.text
        assert found["kept"] is True, found
        assert found["lead_told"] is True
        assert {call["number"] for call in found["call"]} >= {"999"}
        assert WORDS not in answer.text
        rows = world.sql(
            "select u.operation, u.reporter_id, u.signed_in, t.owner_id, t.urgent"
            " from incomplete_report u join task t on t.about_id = u.id where u.id = %s",
            found["saved_as"],
        )
        who = school[Role.GOVERNOR] if refuse is without_permission else one.reporter
        ((operation, reporter, signed_in, owner, urgent),) = rows
        assert (operation, reporter, owner) == (name, who.id, school[Role.DSL].id)
        assert signed_in is (refuse not in LATE)
        assert urgent is (name != "answer_question" or refuse in (cut, too_large))
        told = world.sql(
            "select count(*) from alert where recipient_id = %s and kind = 'task_set'"
            " and thing_id in (select id from task where about_id = %s)",
            school[Role.DSL].id, found["saved_as"],
        )  # fmt: skip
        assert told == [(1,)]

    @pytest.mark.parametrize("name", [ABOUT_ADULT, ADDED])
    @pytest.mark.parametrize("refuse", EVERY, ids=lambda refuse: refuse.__name__)
    async def test_about_an_adult_is_kept_and_told_to_who_keeps_the_register(
        self, world: World, school: School, refuse: Refuse, name: str
    ) -> None:
        """Where nobody can read who it is about, no head reads it."""
        one = await a_try(world, school, name)
        await refuse(one)
        answer = await one.send()
        found = answer.json()
        assert answer.status_code >= 400, answer.text
        assert (found["kept"], found["lead_told"]) == (True, True), found
        assert {call["number"] for call in found["call"]} >= {"999"}
        assert WORDS not in answer.text
        who = school[Role.GOVERNOR] if refuse is without_permission else one.reporter
        rows = world.sql(
            "select register, operation, reporter_id, signed_in, urgent, owner_id"
            " from incomplete_report where id = %s",
            found["saved_as"],
        )
        unknown = refuse in UNREAD if name == ABOUT_ADULT else refuse is about_nothing
        head = Role.CHAIR_OF_GOVERNORS if unknown else Role.HEADTEACHER
        signed_in, keeper = refuse not in LATE, school[head].id
        urgent = name == ABOUT_ADULT or refuse in (cut, too_large)
        assert rows == [("adults", one.name, who.id, signed_in, urgent, keeper)]
        told = world.sql(
            "select recipient_id, kind, urgent, thing_id from alert"
            " where school_id = %s and kind <> 'concern_raised'",
            school.id,
        )
        assert told == [(keeper, "adult_concern", urgent, None)]
        assert world.sql("select id from task where school_id = %s", school.id) == []
        assert traced(world, "trail", found["saved_as"]) == []
        assert traced(world, "adult_trail", found["saved_as"]) == [("incomplete_report.kept",)]

    def test_is_of_every_operation_that_reports(self) -> None:
        found = {
            (one.method, one.path): name
            for name, one in operations().items()
            if "ReportRefused" in str(one.described["responses"])
        }
        assert sorted(found.values()) == sorted((*REPORTS, ABOUT_ADULT, ADDED))
        assert {path for method, path in found if method == "POST"} == {
            one.path
            for one in operations().values()
            if incomplete_reports.is_report(
                {"method": one.method, "path": one.path.replace("{", "").replace("}", "")}
            )
        }


async def kept(world: World, token: str | None, body: Any = None) -> dict[str, Any]:
    """What is answered to an urgent report that nobody may raise like this."""
    told = body or {"immediacy": "immediate_danger", "account": [{"text": f"{WORDS} {new_id()}"}]}
    answer = await Api(world, token).request("POST", "/v1/concerns", json=told)
    found: dict[str, Any] = answer.json()
    assert answer.status_code >= 400
    assert found["kept"] is ("saved_as" in found)
    assert {call["number"] for call in found["call"]} >= {"999"}
    return found


def drafts(world: World, school: School) -> int:
    rows = world.sql("select count(*) from incomplete_report where school_id = %s", school.id)
    return int(rows[0][0])


class TestWhoIsNotSignedIn:
    async def test_proves_nothing_without_a_token_of_ours(
        self, world: World, school: School
    ) -> None:
        """Nobody knows which school it is for, and anybody could send it."""
        head, payload, _ = school[Role.STAFF].token.split(".")
        for token in (None, "not.a.token", f"{head}.{payload}.{'A' * 86}"):
            assert (await kept(world, token))["kept"] is False
        assert drafts(world, school) == 0

    async def test_proves_nothing_a_day_later(self, world: World, school: School) -> None:
        with clock.shifted(timedelta(days=1, hours=1)):
            found = await kept(world, school[Role.STAFF].token)
        assert (found["code"], found["kept"]) == ("token_invalid", False)
        assert drafts(world, school) == 0

    async def test_opens_nothing_with_a_token_that_ran_out(
        self, world: World, school: School
    ) -> None:
        with clock.shifted(timedelta(hours=1)):
            found = await kept(world, school[Role.DSL].token)
            assert found["kept"] is True
            for path in (f"/v1/incomplete-reports/{found['saved_as']}", "/v1/concerns", "/v1/me"):
                assert (await school.lead.get(path)).status_code == 401

    async def test_can_ring_a_few_times_and_no_more(self, world: World, school: School) -> None:
        token = school[Role.STAFF].token
        with clock.shifted(timedelta(hours=1)):
            found = [await kept(world, token) for _ in range(LATE_OF_PERSON.burst + 5)]
        saved = [one["kept"] for one in found]
        assert saved.count(True) in (LATE_OF_PERSON.burst, LATE_OF_PERSON.burst + 1)
        assert saved == sorted(saved, reverse=True)
        assert found[-1]["lead_told"] is False
        assert "could not keep" in found[-1]["detail"]
        assert drafts(world, school) == saved.count(True)

    async def test_may_complete_it_after_signing_in_again(
        self, world: World, school: School
    ) -> None:
        world.sql(
            "update auth_session set revoked_at = now() where id = %s",
            school[Role.STAFF].session_id,
        )
        found = await kept(world, school[Role.STAFF].token)
        shown = (await school.lead.get("/v1/incomplete-reports")).json()["items"]
        assert [(one["id"], one["signed_in"]) for one in shown] == [(found["saved_as"], False)]
        world.sql(
            "update auth_session set revoked_at = null where id = %s", school[Role.STAFF].session_id
        )
        fields = {"completes": found["saved_as"], "immediacy": "immediate_danger"}
        await raise_one(school.staff, await school.child(), **fields)
        assert (await school.lead.get("/v1/incomplete-reports")).json()["items"] == []


class TestWhoIsNoPerson:
    async def test_is_kept_nothing_of(self, world: World, school: School) -> None:
        """A program reports through the alert intake, which has limits of its own."""
        _, token = await world.a_service_key(school.id, Permission.ALERT_INTAKE)
        found = await kept(world, token)
        assert (found["status"], found["kept"]) == (403, False)
        assert drafts(world, school) == 0


class TestWhatIsKept:
    async def test_goes_round_who_is_close_to_the_child_of_its_concern(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        path = f"/v1/concerns/{concern}/emergency"
        answer = await school.staff.post(path, {"hand_over": 7})
        draft = answer.json()["saved_as"]
        ((owner,),) = world.sql("select owner_id from task where about_id = %s", draft)
        assert owner == school[Role.DEPUTY_DSL].id
        opened = f"/v1/incomplete-reports/{draft}"
        assert (await school.lead.get(opened)).status_code == 404
        assert (await school.lead.get("/v1/incomplete-reports")).json()["items"] == []
        shown = (await school.api(Role.DEPUTY_DSL).get(opened)).json()
        assert (shown["operation"], shown["about"]["id"]) == ("record_emergency", concern)

    async def test_is_its_beginning_where_it_was_too_much(
        self, world: World, school: School
    ) -> None:
        one = await a_try(world, school, "raise_concern")
        await too_large(one)
        draft = (await one.send()).json()["saved_as"]
        shown = (await school.lead.get(f"/v1/incomplete-reports/{draft}")).json()
        assert shown["cut"] is True
        assert shown["body"].startswith('{"text": "Zyxglorp')
