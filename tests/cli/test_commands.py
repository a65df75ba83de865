"""The operator's commands, run as an operator runs them."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import typer.main
from sqlalchemy.engine import make_url

from app.cli import COMMANDS
from app.cli import cairn as commands
from app.cli.doctor import LOOKS, clocks_compared
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.common.role_rights.queries import FOR_PEOPLE
from tests.cli.conftest import Cairn
from tests.world import World, planned_once

pytestmark = pytest.mark.machine_time

WAITING = 90.0


def roles_in(url: str, said: str) -> list[str]:
    """The roles people hold in a school that was just founded."""
    school = said.splitlines()[0].split()[1]
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select role from membership where school_id = %s order by role", [school]
        ).fetchall()
    return [role for (role,) in rows]


@contextmanager
def a_process(environment: dict[str, str], *words: str) -> Iterator["subprocess.Popen[str]"]:
    """`cairn` in a process of its own."""
    command = [sys.executable, "-c", "from app.cli import main; main()", *words]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestLoading:
    HEAVY = ("fastapi", "starlette", "uvicorn", "alembic", "cryptography")

    def test_of_an_import_is_of_what_it_needs(self) -> None:
        """Every night most of what a school waits for is the start of the process."""
        script = "import sys\nfrom app.cli import cairn\ncairn(sys.argv[1:])\nprint(*sys.modules)"
        command = [sys.executable, "-c", script, "import", "roster"]
        loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert "app.domain.exchange.roster_runs.commands" in loaded
        assert {*self.HEAVY} & {*loaded} == set()
        assert "app.domain.nouns" in loaded
        others = {f"app.cli.{one}" for one in ("audit", "doctor", "serve", "worker", "demo")}
        assert others & {*loaded} == set()

    @pytest.mark.parametrize("words", [[], ["--help"], ["import", "--help"], ["importt"]])
    def test_of_no_command_by_name_is_of_all_that_could_be_meant(self, words: list[str]) -> None:
        whole: Any = typer.main.get_command(commands(words))
        known = {name.split()[0] for name in COMMANDS}
        groups = set(whole.commands)
        assert groups == ({"import"} if words[:1] == ["import"] else known)
        assert {"roster", "undo", "mapping", "past", "school"} <= set(
            whole.commands["import"].commands
        )


class TestServe:
    def test_serves_until_told_to_stop(self, environment: dict[str, str]) -> None:
        port = free_port()
        with a_process(environment | {"PORT": str(port)}, "serve") as process:
            answer = wait_for(f"http://127.0.0.1:{port}/readyz", process)
            assert answer.status_code == 200
            assert "server" not in answer.headers
            asked = httpx.head(f"http://127.0.0.1:{port}/healthz", trust_env=False)
            assert (asked.status_code, asked.content) == (200, b"")
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAITING) in (0, -signal.SIGTERM)

    def test_refuses_a_role_that_owns_the_tables(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        code, _, said = cairn("serve", CAIRN_DATABASE_URL=database_urls[0])
        assert code == 1
        assert said.startswith("Error: CAIRN_DATABASE_URL signs in as a role that owns tables")
        assert said.count("\n") == 1

    def test_says_which_setting_is_missing(self, cairn: Cairn) -> None:
        code, _, said = cairn("serve", CAIRN_DATABASE_URL="")
        assert code == 1
        assert "CAIRN_DATABASE_URL is not set" in said

    def test_says_which_setting_is_wrong_without_its_value(self, cairn: Cairn) -> None:
        code, _, said = cairn("serve", CAIRN_DATABASE_POOL="hunter2")
        assert code == 1
        assert "CAIRN_DATABASE_POOL" in said
        assert "hunter2" not in said

    def test_says_when_no_database_answers(self, cairn: Cairn) -> None:
        url = f"postgresql://somebody:hunter2@127.0.0.1:{free_port()}/cairn"
        code, _, said = cairn("serve", CAIRN_DATABASE_URL=url)
        assert code == 1
        assert said.count("\n") == 1
        assert "hunter2" not in said


def wait_for(address: str, process: "subprocess.Popen[str]") -> httpx.Response:
    """The first answer of a server that starts."""
    deadline = time.monotonic() + WAITING
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            return httpx.get(address, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server never answered")


class TestWorker:
    @pytest.mark.long
    def test_works_until_told_to_stop(self, environment: dict[str, str]) -> None:
        with a_process(environment, "worker") as process:
            assert process.stderr is not None
            assert "jobs.started" in (json.loads(line)["event"] for line in process.stderr)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=WAITING)  # what it says would fill the pipe otherwise
            assert process.returncode == 0

    def test_refuses_to_mail_in_the_clear(self, cairn: Cairn) -> None:
        code, _, said = cairn("worker", CAIRN_MAIL_URL="smtp://mail.example.org")
        assert code == 1
        assert "verified TLS" in said


class TestMigrate:
    def test_makes_schema_and_role_from_the_two_urls(self, cairn: Cairn, admin_url: str) -> None:
        codes: list[int] = []

        def migrate(owner_url: str, app_url: str) -> None:
            for _ in range(2):
                code, _out, _err = cairn(
                    "migrate", CAIRN_MIGRATION_DATABASE_URL=owner_url, CAIRN_DATABASE_URL=app_url
                )
                codes.append(code)

        _, app = World.new_database(admin_url, migrate)
        assert codes == [0, 0]
        with psycopg.connect(app) as connection:
            assert connection.execute("select count(*) from concern").fetchone() == (0,)

    def test_refuses_one_role_for_both(self, cairn: Cairn, database_urls: tuple[str, str]) -> None:
        code, _, said = cairn(
            "migrate",
            CAIRN_MIGRATION_DATABASE_URL=database_urls[0],
            CAIRN_DATABASE_URL=database_urls[0],
        )
        assert code == 1
        assert "another role" in said


class TestOpenapi:
    @pytest.mark.long
    def test_writes_and_compares(self, cairn: Cairn, tmp_path: Path) -> None:
        kept = tmp_path / "folder" / "cairn.json"
        words = ("openapi", "--file", str(kept))
        assert cairn(*words, "--check")[0] == 1
        assert cairn(*words)[0] == 0
        assert cairn(*words, "--check")[0] == 0
        assert "/v1/alerts" in json.loads(kept.read_text())["paths"]
        kept.write_text(kept.read_text().replace("/v1/alerts", "/v1/alarms"))
        code, _, said = cairn(*words, "--check")
        assert code == 1
        assert "run `cairn openapi`" in said

    @pytest.mark.long
    def test_needs_no_settings(self, cairn: Cairn, tmp_path: Path) -> None:
        kept = tmp_path / "cairn.json"
        cairn("openapi", "--file", str(kept))
        code, _, _ = cairn(
            "openapi", "--check", "--file", str(kept),
            CAIRN_DATABASE_URL="", CAIRN_BASE_URL="https://x.example", CAIRN_SHOW_DOCS="false",
        )  # fmt: skip
        assert code == 0


class TestSchoolCreate:
    def test_founds_a_school_and_invites(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        domain = f"{new_id().hex[-8:]}.example.org"
        code, said, _ = cairn(
            "school", "create", "Hill School",
            "--admin-email", f"admin@{domain}", "--lead-email", f"lead@{domain}",
        )  # fmt: skip
        assert code == 0
        school_id = said.splitlines()[0].split()[1]
        with psycopg.connect(database_urls[0]) as connection:
            jobs = connection.execute(
                "select count(*) from procrastinate_jobs where args->>'school_id' = %s", [school_id]
            ).fetchone()
        assert jobs == (2,)

    def test_knows_one_person_with_both_roles(self, cairn: Cairn) -> None:
        email = f"one.{new_id().hex[-8:]}@example.org"
        code, said, _ = cairn(
            "school", "create", "Dale School", "--admin-email", email, "--lead-email", email.upper()
        )
        assert code == 0
        assert said.count("person") == 1

    def test_appoints_a_lead_where_nobody_can(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        mark = new_id().hex
        people = [f"{role}.{mark}@example.org" for role in ("admin", "first", "second")]
        said = cairn(
            "school", "create", f"Vale {mark}", "--admin-email", people[0],
            "--lead-email", people[1],
        )[1]  # fmt: skip
        school = said.splitlines()[0].split()[1]
        for email in (people[2], people[0]):
            code, said, _ = cairn("school", "appoint", school, email, "--role", "dsl")
            assert code == 0, said
        code, _, complaint = cairn("school", "appoint", school, people[0], "--role", "dsl")
        assert (code, "already holds this role" in complaint) == (1, True)
        assert cairn("school", "appoint", str(new_id()), people[0], "--role", "dsl")[0] == 1
        with psycopg.connect(database_urls[0]) as connection:
            leads = connection.execute(
                "select count(*) from membership where school_id = %s and role = 'dsl'", [school]
            ).fetchone()
            assert leads == (3,)

    def test_founds_a_school_with_its_head_and_chair(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        mark = new_id().hex
        office = f"office.{mark}@example.org"
        code, said, _ = cairn(
            "school", "create", f"Fell {mark}", "--admin-email", office, "--lead-email", office,
            "--head-email", f"head.{mark}@example.org", "--chair-email",
            f"chair.{mark}@example.org",
        )  # fmt: skip
        assert (code, said.count("person")) == (0, 3), said
        assert roles_in(database_urls[0], said) == [
            "chair_of_governors", "dsl", "headteacher", "school_admin",
        ]  # fmt: skip

    def test_appoints_for_every_built_in_role(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        mark = new_id().hex
        office = f"office.{mark}@example.org"
        founded = cairn(
            "school", "create", f"Tarn {mark}", "--admin-email", office, "--lead-email", office
        )[1]
        school = founded.splitlines()[0].split()[1]
        for role in FOR_PEOPLE:
            email = f"{role}.{mark}@example.org"
            code, said, _ = cairn("school", "appoint", school, email, "--role", role)
            assert (code, role in said) == (0, True), said
        assert roles_in(database_urls[0], founded) == sorted([*FOR_PEOPLE, "dsl", "school_admin"])
        assert cairn("school", "appoint", school, office, "--role", "system")[0] != 0
        head = f"headteacher.{mark}@example.org"
        for code in (0, 1):
            again = cairn("school", "dismiss", school, head, "--role", "headteacher")
            assert again[0] == code, again

    def test_resets_a_lost_second_factor(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        email = f"lead.{new_id().hex}@example.org"
        people = ("--admin-email", email, "--lead-email", email)
        school = cairn("school", "create", f"Vale {email}", *people)[1].splitlines()[0].split()[1]
        reset = ("school", "reset-second-factor", school, email, "--reason", "Seen in person")
        code, _, complaint = cairn(*reset)
        assert (code, "no second factor" in complaint.lower()) == (1, True), complaint
        with psycopg.connect(database_urls[0], autocommit=True) as connection:
            connection.execute(
                "insert into totp_secret (id, account_id, sealed, created_at, confirmed_at)"
                " select gen_random_uuid(), id, '', now(), now() from account where email = %s",
                [email],
            )
            assert cairn(*reset)[0] == 1  # nobody has joined yet
            joined = "update staff set accepted_at = now() where school_id = %s and email = %s"
            connection.execute(joined, [school, email])
            assert cairn(*reset)[0] == 0
            left = connection.execute(
                "select count(*) from totp_secret t join account a on a.id = t.account_id"
                " where a.email = %s",
                [email],
            ).fetchone()
            told = connection.execute(
                "select reason from trail where school_id = %s and verb = 'second_factor.removed'",
                [school],
            ).fetchall()
        assert (left, told) == ((0,), [("Seen in person",)])

    def test_founds_a_school_once(self, cairn: Cairn, database_urls: tuple[str, str]) -> None:
        domain = f"{new_id().hex[-8:]}.example.org"
        people = ("--admin-email", f"admin@{domain}", "--lead-email", f"lead@{domain}")
        changed = ("--admin-email", f"new@{domain}", "--lead-email", f"LEAD@{domain}")
        first = cairn("school", "create", "Moor School", *people)[1].splitlines()[0].split()[1]
        for name, words in (("Moor School", people), (" moor  SCHOOL", changed)):
            code, said, complaint = cairn("school", "create", name, *words)
            assert (code, said) == (1, "")
            assert f"a school of this name already, {first}; --again" in complaint
        assert cairn("school", "create", "Moor Nursery", *people)[0] == 0
        assert cairn("school", "create", "Moor School", *people, "--again")[0] == 0
        with psycopg.connect(database_urls[0]) as connection:
            found = connection.execute(
                "select o.name from organisation o join staff s on s.school_id = o.id"
                " where s.email = %s order by o.name",
                [f"lead@{domain}"],
            ).fetchall()
        assert found == [("Moor Nursery",), ("Moor School",), ("Moor School",)]

    def test_founds_a_school_of_a_name_that_others_have(self, cairn: Cairn) -> None:
        for _ in range(2):
            email = f"one.{new_id().hex[-8:]}@example.org"
            words = ("--admin-email", email, "--lead-email", email)
            assert cairn("school", "create", "St Mary's", *words)[0] == 0

    def test_refuses_what_is_no_address(self, cairn: Cairn) -> None:
        code, _, said = cairn(
            "school", "create", "Vale", "--admin-email", "a@b", "--lead-email", "lead@example.org"
        )
        assert code == 1
        assert "plain email addresses" in said


class TestTrustCreate:
    def test_founds_a_trust_that_schools_join(
        self, cairn: Cairn, database_urls: tuple[str, str]
    ) -> None:
        mark = new_id().hex
        admin, lead = f"admin.{mark}@example.org", f"lead.{mark}@example.org"
        words = ("trust", "create", f"Trust {mark}", "--admin-email", admin)
        code, said, _ = cairn(*words, "--lead-email", lead)
        assert code == 0
        assert roles_in(database_urls[0], said) == ["school_admin", "trust_lead"]
        trust = said.splitlines()[0].split()[1]
        code, said, complaint = cairn("trust", "create", f"TRUST  {mark}", "--admin-email", lead)
        assert (code, said) == (1, "")
        assert f"a trust of this name already, {trust}" in complaint
        assert cairn(*words[:3], "--admin-email", "a@b")[0] == 1
        assert (
            cairn("trust", "create", "Other", "--admin-email", lead, "--lead-email", lead)[0] == 1
        )
        school = ("school", "create", f"Hill {mark}", "--admin-email", admin, "--lead-email", lead)
        assert cairn(*school, "--trust", trust)[0] == 0
        code, _, complaint = cairn(*school, "--trust", trust, "--again")
        assert (code, "has a school with this name" in complaint) == (1, True)

    def test_is_what_trust_names_and_nothing_else(self, cairn: Cairn) -> None:
        """Not a school, nobody's id, or no id: said as such, and nothing is founded."""
        lead = f"lead.{new_id().hex}@example.org"
        people = ("--admin-email", lead, "--lead-email", lead)
        school = cairn("school", "create", "A School", *people)[1].splitlines()[0].split()[1]
        for named in (school, str(new_id())):
            code, said, complaint = cairn("school", "create", "Under", *people, "--trust", named)
            assert (code, said) == (1, "")
            assert (
                "There is no trust with this ID: it is unknown, or belongs to a school."
                in complaint
            )
            assert "database" not in complaint.casefold()
        assert cairn("school", "create", "Under", *people, "--trust", "Oak Trust")[0] == 2


@pytest.fixture
def planned_as_served(database_urls: tuple[str, str]) -> Iterator[None]:
    """The role's settings as `cairn migrate` made them: the tests' own plan quicker."""
    role = make_url(database_urls[1]).username
    with psycopg.connect(database_urls[0], autocommit=True) as connection:
        connection.execute(f'alter role "{role}" set plan_cache_mode = auto')
    yield
    planned_once(*database_urls)


class TestDoctor:
    @pytest.mark.usefixtures("planned_as_served")
    def test_finds_a_good_installation_good(
        self, cairn: Cairn, environment: dict[str, str], database_urls: tuple[str, str]
    ) -> None:
        code, said, _ = cairn("doctor", CAIRN_MIGRATION_DATABASE_URL=database_urls[0])
        assert code == 1, "the server of the tests is not durable, and that is bad"
        states = dict(line.split()[1::-1] for line in said.splitlines())
        assert states.pop("unsafe") == "bad"
        assert states.pop("keys") == "unknown"
        assert states.pop("antivirus") in ("warn", "bad"), "other tests leave files unread"
        assert states.pop("people") in ("ok", "warn", "bad"), "other tests leave schools"
        for missing in ("address", "front", "mail"):
            assert states.pop(missing) == "warn", missing
        assert set(states) == {
            "database", "clock", "role", "migrations", "planner", "hold", "log", "open",
            "checkpoints", "storage", "sender",
        }  # fmt: skip
        assert set(states.values()) == {"ok"}

    def test_says_what_to_set_so_that_people_are_reached(self, cairn: Cairn) -> None:
        def said_of(**settings: str) -> dict[str, str]:
            _, said, _ = cairn("doctor", **settings)
            lines = [line.split(maxsplit=2) for line in said.splitlines()]
            return {name: f"{state} {rest}" for state, name, rest in lines}

        missing = said_of(CAIRN_MAIL_FROM="cairn@localhost")
        for name, setting in (
            ("address", "CAIRN_BASE_URL"), ("front", "CAIRN_FRONT_URL"),
            ("sender", "CAIRN_MAIL_FROM"), ("mail", "CAIRN_MAIL_URL"),
        ):  # fmt: skip
            assert missing[name].startswith("warn")
            assert f"set {setting}" in missing[name]
        assert "reach nobody" in missing["mail"]
        found = said_of(
            CAIRN_FRONT_URL="https://front.example.org",
            CAIRN_MAIL_FROM="Cairn <cairn@example.org>",
        )
        for name in ("front", "sender"):
            assert found[name].startswith("ok"), found[name]
        assert said_of(CAIRN_FRONT_URL="http://localhost:5173")["front"].startswith("warn")

    def test_says_whether_links_can_be_followed_from_elsewhere(self) -> None:
        look = LOOKS["address"]
        states = {
            url: look(Settings(base_url=url)).state
            for url in (
                "http://127.0.0.1:8000",
                "http://cairn.example.org",
                "https://cairn.example.org",
            )
        }
        assert list(states.values()) == ["warn", "warn", "ok"]

    def test_names_what_a_server_says_otherwise(
        self, cairn: Cairn, environment: dict[str, str]
    ) -> None:
        url = f"{environment['CAIRN_DATABASE_URL']}&options=-cjit%3Don%20-crandom_page_cost%3D4"
        _, said, _ = cairn("doctor", CAIRN_DATABASE_URL=url)
        line = next(line for line in said.splitlines() if "planner" in line)
        assert line.startswith("bad")
        assert "jit = off (it is on)" in line
        assert "random_page_cost = 1.1 (it is 4)" in line

    @pytest.mark.usefixtures("planned_as_served")
    def test_says_all_that_is_bad(
        self, cairn: Cairn, database_urls: tuple[str, str], tmp_path: Path
    ) -> None:
        keys = tmp_path / "open"
        keys.mkdir(mode=0o755)
        keys.chmod(0o755)
        owner = make_url(database_urls[0]).update_query_dict({"options": "-crandom_page_cost=4"})
        code, said, _ = cairn(
            "doctor",
            CAIRN_DATABASE_URL=owner.render_as_string(hide_password=False),
            CAIRN_KEYS_DIR=str(keys),
            CAIRN_CHECKPOINT_FILE="/proc/nowhere/checkpoints.txt",
            CAIRN_STORAGE_URL="ftp://x",
            CAIRN_MAIL_URL="smtp://mail.example.org",
        )
        assert code == 1
        bad = {line.split()[1] for line in said.splitlines() if line.startswith("bad")}
        bad -= {"people", "antivirus"}  # other tests leave schools that nobody runs, and files
        assert bad == {"unsafe", "role", "planner", "keys", "checkpoints", "storage", "mail"}

    def test_finds_what_nobody_would_be_reminded_of(
        self, cairn: Cairn, environment: dict[str, str], database_urls: tuple[str, str]
    ) -> None:
        _, said, _ = cairn(
            "school", "create", "Dale", "--admin-email", f"{new_id()}@example.org",
            "--lead-email", f"{new_id()}@example.org",
        )  # fmt: skip
        made, thing = said.splitlines()[0].split()[1], new_id()
        with psycopg.connect(database_urls[0], autocommit=True) as owner:
            owner.execute(
                "insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, "
                "ladder, started_at, due_at, made_by, made_at, next_at) values (%s, "
                "gen_random_uuid(), 'share', %s, 'share.follow_up', '2026-11', 'routine', now(), "
                "now(), gen_random_uuid(), now(), now())",
                (made, thing),
            )
            code, said, _ = cairn("doctor")
            owner.execute("delete from deadline where thing_id = %s", (thing,))
        assert code == 1
        (line,) = (line for line in said.splitlines() if line.split()[1] == "open")
        assert line.startswith("bad")
        assert f"share {thing} (clock_of_nothing)" in line

    def test_finds_a_mail_folder_bad_that_is_a_file(self, cairn: Cairn, tmp_path: Path) -> None:
        (tmp_path / "letters").write_text("")
        code, said, _ = cairn("doctor", CAIRN_MAIL_URL=f"file://{tmp_path / 'letters'}")
        assert code == 1
        (line,) = (line for line in said.splitlines() if line.split()[1] == "mail")
        assert line.startswith("bad")
        assert "the mail folder cannot be written" in line

    @pytest.mark.parametrize(
        ("seconds", "state", "words"),
        [
            (0, "ok", "agree"),
            (-1.9, "ok", "agree"),
            (-2.5, "warn", "2.5 seconds behind ours"),
            (3.6, "warn", "3.5 seconds ahead of ours"),
        ],
    )
    def test_compares_clocks(self, seconds: float, state: str, words: str) -> None:
        before = clock.now()
        after = before + timedelta(seconds=0.1)
        found = clocks_compared(before, before + timedelta(seconds=seconds), after)
        assert found.state == state
        assert words in found.sentence

    @pytest.mark.parametrize("words", [("doctor",), ("jobs", "list")])
    def test_finds_a_demo_beside_it(
        self, cairn: Cairn, environment: dict[str, str], tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...],
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        (tmp_path / "var").mkdir()
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
        (tmp_path / "var/demo.env").write_text("".join(lines))
        _, said, complaints = cairn(*words, CAIRN_DATABASE_URL="")
        assert "using the demo in var/" in complaints
        assert ("ok      database" if words == ("doctor",) else "Jobs") in said

    def test_finds_an_absent_database_bad(self, cairn: Cairn) -> None:
        url = f"postgresql://somebody:hunter2@127.0.0.1:{free_port()}/cairn"
        code, said, complaints = cairn("doctor", CAIRN_DATABASE_URL=url)
        assert code == 1
        assert "hunter2" not in said + complaints

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("", "CAIRN_DATABASE_URL is not set; it is written postgresql://"),
            ("hunter2", "CAIRN_DATABASE_URL is no URL of a database; it is written postgresql://"),
            ("postgresql://role:hunter2@host:port/cairn", "CAIRN_DATABASE_URL is no URL"),
        ],
    )
    def test_says_in_words_which_url_is_wrong(
        self, cairn: Cairn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, told: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        code, said, complaints = cairn(
            "doctor", CAIRN_DATABASE_URL=url, CAIRN_MIGRATION_DATABASE_URL=url
        )
        assert code == 1
        lines = {line.split()[1]: line[20:] for line in said.splitlines()}
        for name in ("database", "role", "planner"):
            assert lines[name].startswith(told)
        assert "Error" not in said
        assert "hunter2" not in said + complaints
