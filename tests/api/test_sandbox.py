"""The sandbox: its schools, clock, rehearsals and faults, and that nothing else has any of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr, ValidationError

from app.core import clock
from app.core.settings import Settings
from app.db.sandbox import WrongDatabase, check_mark, check_new, follow
from app.jobs.runner import adapters_of
from app.jobs.sandbox import keep_following
from app.main import build_app
from app.sandbox.schools import make_school
from tests.answers import Validator, described
from tests.jobs.working import eventually
from tests.sandboxes import Sandbox, a_sandbox
from tests.world import School, World

REHEARSE = {"cairn_rehearse": "true"}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def sandbox(
    admin_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Sandbox]:
    async with a_sandbox(admin_url, tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture(scope="module")
async def made(sandbox: Sandbox) -> dict[str, Any]:
    """A school of the sandbox."""
    return await sandbox.school()


@pytest.fixture
async def teacher(sandbox: Sandbox, made: dict[str, Any]) -> dict[str, str]:
    """The headers of a teacher's requests."""
    return {"authorization": await sandbox.sign_in(made, "staff")}


def concern(made: dict[str, Any]) -> dict[str, Any]:
    return {
        "children": [{"child_id": made["children"][0]["id"]}],
        "account": [{"kind": "observed", "text": "Asleep in every lesson."}],
        "immediacy": "today",
        "categories": ["neglect"],
    }


class TestSchools:
    async def test_have_people_who_sign_in_and_a_record_to_read(
        self, sandbox: Sandbox, made: dict[str, Any]
    ) -> None:
        for role in ("staff", "dsl", "headteacher", "school_admin"):
            token = await sandbox.sign_in(made, role)
            me = (await sandbox.get("/v1/me", authorization=token)).json()
            assert (me["role"], me["organisation_id"]) == (role, made["id"])
        states = sandbox.sql("select state from concern where school_id = %s", made["id"])
        assert len(states) == made["concerns"]
        assert {"raised", "acknowledged", "triaged"} <= {state for (state,) in states}
        assert len(made["children"]) == 25

    async def test_have_an_agency_that_is_out_of_use(
        self, sandbox: Sandbox, made: dict[str, Any]
    ) -> None:
        token = await sandbox.sign_in(made, "deputy_dsl")
        listed = {}
        for state in ("active", "retired"):
            path = f"/v1/agencies?state={state}"
            answer = (await sandbox.get(path, authorization=token)).json()
            listed[state] = [one["name"] for one in answer["items"]]
        assert listed["retired"] == ["Youth counselling, Saltmarsh (closed)"]
        assert len(listed["active"]) == 6

    async def test_leave_no_work_of_their_invented_past(
        self, sandbox: Sandbox, made: dict[str, Any]
    ) -> None:
        mailed = "select count(*) from procrastinate_jobs where task_name like 'alert%%'"
        assert sandbox.sql(mailed) == [(0,)]

    async def test_are_apart(self, sandbox: Sandbox, made: dict[str, Any]) -> None:
        other = await sandbox.school()
        assert other["name"] != made["name"]
        token = await sandbox.sign_in(other, "dsl")
        child = made["children"][0]["id"]
        assert (await sandbox.get(f"/v1/children/{child}", authorization=token)).status_code == 404

    async def test_are_begun_again_after_a_deadlock(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, met = make_school, [psycopg.errors.DeadlockDetected()]

        async def make(*given: Any) -> Any:
            if met:
                raise met.pop()
            return await real(*given)

        monkeypatch.setattr("app.sandbox.routes.make_school", make)
        assert (await sandbox.post("/v1/sandbox/schools")).status_code == 201
        assert not met

    async def test_are_so_many_at_most(self, sandbox: Sandbox) -> None:
        with psycopg.connect(sandbox.owner_url, autocommit=True) as connection:
            rows = connection.execute("select schools from sandbox").fetchall()
            connection.execute("update sandbox set schools = 100")
            refused = await sandbox.post("/v1/sandbox/schools")
            connection.execute("update sandbox set schools = %s", rows[0])
        assert (refused.status_code, refused.json()["code"]) == (409, "state_conflict")


class TestTheClock:
    async def test_moves_forward_for_the_server(self, sandbox: Sandbox) -> None:
        before = clock.now()
        moved = (await sandbox.post("/v1/sandbox/clock", {"by_seconds": 3600})).json()
        assert clock.now() - before >= HOUR
        assert datetime.fromisoformat(moved["now"]) - before >= HOUR
        to = (clock.now() + HOUR).isoformat()
        further = (await sandbox.post("/v1/sandbox/clock", {"to": to})).json()
        assert further["ahead_seconds"] >= moved["ahead_seconds"] + 3590

    @pytest.mark.parametrize(
        "body", [{}, {"by_seconds": 0}, {"by_seconds": -5}, {"to": "2020-01-01T00:00:00Z"},
                 {"to": "2190-01-01T00:00:00Z"}, {"by_seconds": 5, "to": "2030-01-01T00:00:00Z"}]
    )  # fmt: skip
    async def test_never_moves_back_nor_out_of_reach(
        self, sandbox: Sandbox, body: dict[str, Any]
    ) -> None:
        before = clock.ahead()
        refused = await sandbox.post("/v1/sandbox/clock", body)
        assert refused.status_code == 422, refused.text
        assert clock.ahead() == before

    async def test_moves_for_the_worker(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process of its own knows it from the row alone."""
        await sandbox.post("/v1/sandbox/clock", {"by_seconds": 60})
        ahead = clock.ahead()
        monkeypatch.setattr(clock, "_ahead", timedelta())
        adapters, stop = adapters_of(sandbox.settings), asyncio.Event()
        following = asyncio.create_task(keep_following(stop, adapters.database, 0.01))
        await eventually(lambda: clock.ahead() == ahead)
        stop.set()
        await following
        await adapters.database.close()

    async def test_ends_tokens_as_time_does(
        self, sandbox: Sandbox, teacher: dict[str, str]
    ) -> None:
        assert (await sandbox.get("/v1/me", **teacher)).status_code == 200
        await sandbox.post("/v1/sandbox/clock", {"by_seconds": 16 * 60})
        assert (await sandbox.get("/v1/me", **teacher)).status_code == 401


class TestARehearsal:
    async def test_answers_as_it_would_and_changes_nothing(
        self, sandbox: Sandbox, made: dict[str, Any], teacher: dict[str, str]
    ) -> None:
        before = sandbox.rows()
        tried = await sandbox.post(
            "/v1/concerns", concern(made), idempotency_key="one-and-only", **teacher, **REHEARSE
        )
        assert (tried.status_code, tried.headers["cairn-rehearsed"]) == (201, "true")
        assert sandbox.rows() == before
        path = f"/v1/concerns/{tried.json()['id']}"
        assert (await sandbox.get(path, **teacher)).status_code == 404

        real = await sandbox.post(
            "/v1/concerns", concern(made), idempotency_key="one-and-only", **teacher
        )
        assert real.status_code == 201
        assert not {"idempotency-replayed", "cairn-rehearsed"} & real.headers.keys()
        assert sandbox.rows() != before

    async def test_keeps_no_trace_of_a_refusal(
        self, sandbox: Sandbox, made: dict[str, Any], teacher: dict[str, str]
    ) -> None:
        before = sandbox.rows()
        body = concern(made) | {"children": [{"child_id": made["id"]}]}
        refused = await sandbox.post("/v1/concerns", body, **teacher, **REHEARSE)
        assert refused.status_code in (404, 422)
        assert refused.headers["cairn-rehearsed"] == "true"
        assert sandbox.rows() == before
        await sandbox.post("/v1/concerns", body, **teacher)
        assert sandbox.rows() != before, "the same, done, leaves a trace"

    async def test_keeps_no_session_and_no_opening(
        self, sandbox: Sandbox, made: dict[str, Any]
    ) -> None:
        """What has works of its own is undone, too."""
        lead = await sandbox.sign_in(made, "dsl")
        before = sandbox.rows()
        child = made["children"][0]["id"]
        seen = await sandbox.get(f"/v1/children/{child}", authorization=lead, **REHEARSE)
        assert seen.status_code == 200
        account = next(one for one in made["accounts"] if one["role"] == "staff")
        form = {
            "grant_type": "password",
            "username": account["email"],
            "password": made["password"],
        }
        tried = await sandbox.http.post(
            "/v1/auth/token", data=form, headers={"Cairn-Rehearse": "true"}
        )
        assert tried.status_code == 200
        assert sandbox.rows() == before

    async def test_counts_wrong_passwords_and_uses_a_fault_up(self, sandbox: Sandbox) -> None:
        """As docs/sandbox.md says: nobody goes round a limit by rehearsing."""
        own = await sandbox.school()
        teacher = {"authorization": await sandbox.sign_in(own, "staff")}
        fault = {"school_id": own["id"], "kind": "unavailable", "times": 2}
        await sandbox.post("/v1/sandbox/faults", fault)
        assert (await sandbox.get("/v1/me", **teacher, **REHEARSE)).status_code == 503
        left = (await sandbox.get(f"/v1/sandbox/faults/{own['id']}")).json()
        assert left["times"] == 1
        account = next(one for one in own["accounts"] if one["role"] == "staff")
        form = {"grant_type": "password", "username": account["email"], "password": "wrong"}
        for _ in range(10):
            tried = await sandbox.http.post(
                "/v1/auth/token", data=form, headers={"Cairn-Rehearse": "true"}
            )
        right = {**form, "password": own["password"]}
        real = await sandbox.http.post("/v1/auth/token", data=right)
        assert (tried.status_code, real.status_code) == (429, 429), (tried.text, real.text)

    async def test_is_refused_where_it_is_not_asked_for_plainly(
        self, sandbox: Sandbox, made: dict[str, Any], teacher: dict[str, str]
    ) -> None:
        before = sandbox.rows()
        refused = await sandbox.post("/v1/concerns", concern(made), **teacher, cairn_rehearse="1")
        assert refused.status_code == 422
        assert sandbox.rows() == before

    @pytest.mark.parametrize(
        ("path", "body"),
        [("schools", {}), ("clock", {"by_seconds": 3600}), ("faults", {"kind": "delay"})],
    )
    async def test_is_refused_by_the_controls_of_the_sandbox(
        self, sandbox: Sandbox, made: dict[str, Any], path: str, body: dict[str, Any]
    ) -> None:
        """They work outside of any transaction that could be rolled back."""
        if path == "faults":
            body = {**body, "school_id": made["id"], "seconds": 1}
        before = sandbox.rows(), sandbox.sql("select * from sandbox"), clock.ahead()
        refused = await sandbox.post(f"/v1/sandbox/{path}", body or None, **REHEARSE)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["code"] == "rehearsal_unavailable"
        assert "cairn-rehearsed" not in refused.headers
        assert (sandbox.rows(), sandbox.sql("select * from sandbox"), clock.ahead()) == before
        left = (await sandbox.get(f"/v1/sandbox/faults/{made['id']}")).json()
        assert left["times"] == 0

    async def test_is_refused_everywhere_else(self, world: World, school: School) -> None:
        child = await school.child()
        body = concern({"children": [{"id": str(child)}]})
        for value in ("true", "false", ""):
            refused = await school.staff.post(
                "/v1/concerns", body, headers={"Cairn-Rehearse": value}
            )
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == "/header/Cairn-Rehearse"
        for table in ("concern", "incomplete_report"):
            count = f"select count(*) from {table} where school_id = %s"  # noqa: S608 - ours
            assert world.sql(count, school.id) == [(0,)]


class TestAFault:
    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [("unavailable", 503, "service_unavailable"),
         ("too_many_requests", 429, "too_many_requests")],
    )  # fmt: skip
    async def test_refuses_so_often_and_ends(
        self, sandbox: Sandbox, made: dict[str, Any], teacher: dict[str, str],
        kind: str, status: int, code: str,
    ) -> None:  # fmt: skip
        fault = {"school_id": made["id"], "kind": kind, "times": 2, "seconds": 7}
        assert (await sandbox.post("/v1/sandbox/faults", fault)).json()["times"] == 2
        before = sandbox.rows()
        for left in (1, 0):
            refused = await sandbox.post("/v1/concerns", concern(made), **teacher)
            assert (refused.status_code, refused.json()["code"]) == (status, code)
            assert refused.headers["retry-after"] == "7"
            assert refused.headers["cairn-sandbox"] == "on"
            found = (await sandbox.get(f"/v1/sandbox/faults/{made['id']}")).json()
            assert found["times"] == left
        assert sandbox.rows() == before
        assert (await sandbox.post("/v1/concerns", concern(made), **teacher)).status_code == 201

    async def test_cuts_after_the_work_so_that_a_key_tells(
        self, sandbox: Sandbox, made: dict[str, Any], teacher: dict[str, str]
    ) -> None:
        count = "select count(*) from concern where school_id = %s"
        before = sandbox.sql(count, made["id"])[0][0]
        await sandbox.post("/v1/sandbox/faults", {"school_id": made["id"], "kind": "cut"})
        sent = {**teacher, "idempotency_key": "cut-short"}
        with pytest.raises(ConnectionResetError):
            await sandbox.post("/v1/concerns", concern(made), **sent)
        again = await sandbox.post("/v1/concerns", concern(made), **sent)
        assert again.headers["idempotency-replayed"] == "true"
        assert sandbox.sql(count, made["id"]) == [(before + 1,)]

    async def test_delays_what_is_then_done(
        self, sandbox: Sandbox, made: dict[str, Any], teacher: dict[str, str]
    ) -> None:
        fault = {"school_id": made["id"], "kind": "delay", "seconds": 1}
        await sandbox.post("/v1/sandbox/faults", fault)
        assert (await sandbox.get("/v1/me", **teacher)).status_code == 200
        left = (await sandbox.get(f"/v1/sandbox/faults/{made['id']}")).json()
        assert (left["kind"], left["times"]) == (None, 0)

    async def test_is_of_one_school(self, sandbox: Sandbox, made: dict[str, Any]) -> None:
        other = await sandbox.school()
        token = await sandbox.sign_in(other, "staff")
        await sandbox.post("/v1/sandbox/faults", {"school_id": made["id"], "kind": "unavailable"})
        assert (await sandbox.get("/v1/me", authorization=token)).status_code == 200
        assert (await sandbox.get("/healthz")).status_code == 200
        found = (await sandbox.get(f"/v1/sandbox/faults/{made['id']}")).json()
        assert found["times"] == 1


class TestWhereItIsOff:
    async def test_there_is_none_of_it(self, world: World) -> None:
        for path in ("clock", "mail", "faults/0199"):
            assert (await world.http.get(f"/v1/sandbox/{path}")).status_code == 404
        assert (await world.http.post("/v1/sandbox/schools")).status_code == 404
        answer = await world.http.get("/healthz")
        assert "cairn-sandbox" not in answer.headers
        words = str(described()).lower()
        assert "sandbox" not in words
        assert "rehears" not in words

    async def test_its_description_names_it_where_it_is_on(self, sandbox: Sandbox) -> None:
        answer = await sandbox.get("/openapi.json")
        assert answer.headers["cairn-sandbox"] == "on"
        assert "/v1/sandbox/schools" in answer.json()["paths"]
        schemas = answer.json()["components"]["schemas"]
        served = {name for name in described()["components"]["schemas"] if name[:4] != "Scim"}
        assert served <= schemas.keys(), "a client fits both"
        assert [name for name in schemas if "__" in name] == []
        own = {name: one for name, one in schemas.items() if name.startswith("Sandbox")}
        shown = {name: one["examples"] for name, one in own.items() if "examples" in one}
        for name, examples in shown.items():
            check = Validator({**own[name], "components": {"schemas": schemas}}, "json")
            assert [check.faults_in(one) for one in examples] == [[]], name
        rows = ("Account", "Act", "Message", "Pupil", "ServiceKey")
        assert own.keys() - shown.keys() == {f"Sandbox{row}Out" for row in rows}

    @pytest.mark.parametrize("url", ["https://cairn.example.org", "http://10.0.0.7:8000"])
    def test_it_cannot_be_set_on_beside_a_public_address(self, url: str) -> None:
        with pytest.raises(ValidationError, match="CAIRN_SANDBOX cannot be set"):
            Settings(base_url=url, sandbox=True)

    def test_it_cannot_be_set_on_where_mail_is_sent(self) -> None:
        with pytest.raises(ValidationError, match="CAIRN_SANDBOX sends no mail"):
            Settings(sandbox=True, mail_url="smtps://mail.example.org")


class TestTheMark:
    def test_a_real_database_is_refused(self, database_urls: tuple[str, str]) -> None:
        owner, app = database_urls
        with pytest.raises(WrongDatabase, match="was not founded as a sandbox"):
            check_mark(app, on=True)
        with pytest.raises(WrongDatabase, match="has tables already"):
            check_new(owner)
        check_mark(app, on=False)

    async def test_a_server_answers_nothing_on_a_real_database(self, world: World) -> None:
        with pytest.raises(WrongDatabase):
            await follow(world.runtime.database)

    def test_a_sandbox_is_refused_where_it_is_off(self, sandbox: Sandbox) -> None:
        url = sandbox.settings.database_url.get_secret_value()
        with pytest.raises(WrongDatabase, match="is a sandbox"):
            check_mark(url, on=False)
        check_mark(url, on=True)
        check_new(sandbox.owner_url)

    @pytest.mark.parametrize("on", [True, False])
    async def test_no_server_starts_on_the_other_kind_of_database(
        self, sandbox: Sandbox, database_urls: tuple[str, str], on: bool
    ) -> None:
        """Also where somebody starts it without `cairn serve`."""
        url = database_urls[1] if on else sandbox.settings.database_url.get_secret_value()
        settings = sandbox.settings.model_copy(
            update={"database_url": SecretStr(url), "sandbox": on}
        )
        app = build_app(settings).app
        with pytest.raises(WrongDatabase):
            async with app.router.lifespan_context(app):
                pass

    def test_the_application_cannot_make_it(self, database_urls: tuple[str, str]) -> None:
        with (
            psycopg.connect(database_urls[1]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("insert into sandbox values (true, 0, 0)")
