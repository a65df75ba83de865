"""The demo keeps its word: started as a newcomer would, used, stopped, started again."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.cli.demo.codes import next_code
from app.core.vocabularies import codes
from app.core.words import Role
from app.db import embedded
from app.demo.codes import unwritten
from app.demo.people import PRIMARY_ID, SECONDARY_ID
from app.domain import policy
from tests.contract.readme import script
from tests.demos import CAIRN, READY, STOP_SECONDS, Running, alive, descendants, free_port
from tests.world import EVERY_ROLE

pytestmark = [pytest.mark.machine_time, pytest.mark.long]

LOAD_SECONDS = 300
START_SECONDS = 90
LEAD_OF_SECONDARY = "amara.okafor@harbour.example"
CONCERN_STATES = {
    "raised", "acknowledged", "triaged", "in_progress", "monitoring", "closed", "duplicate_of",
    "entered_in_error",
}  # fmt: skip
REFERRAL_STATES = {"draft", "approved", "sent", "acknowledged", "outcome_received", "closed"}
SHARE_STATES = {"draft", "approved", "available", "opened", "acknowledged", "revoked"}


@dataclass
class Demo:
    """What the first run left behind, and the second one, which is served now."""

    folder: Path
    first: dict[str, Any]
    first_seconds: float
    second_seconds: float
    first_counts: dict[str, int]
    running: Running
    tokens: dict[str, str] = field(default_factory=dict)
    """Kept for later tests: each sign-in with a code uses up half a minute of codes."""

    @property
    def description(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "var" / "demo.json").read_text())
        return found

    def sign_in(self, client: httpx.Client, account: dict[str, str]) -> dict[str, Any]:
        """A token answer, with a code where the account has to send one."""
        fields = {
            "grant_type": "password",
            "username": account["email"],
            "password": self.description["password"],
            "organisation_id": account["organisation_id"],
            "role": account["role"],
        }
        if secret := account.get("totp_secret"):
            fields["otp"] = next_code(self.folder / "var", account["email"], unwritten(secret))
        answer = client.post("/v1/auth/token", data=fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @contextmanager
    def signed_in(self, email: str) -> Iterator[httpx.Client]:
        account = next(one for one in self.description["accounts"] if one["email"] == email)
        with httpx.Client(base_url=self.description["base_url"], timeout=20) as client:
            if email not in self.tokens:
                self.tokens[email] = self.sign_in(client, account)["access_token"]
            client.headers["Authorization"] = f"Bearer {self.tokens[email]}"
            yield client


def counts(folder: Path) -> dict[str, int]:
    """Rows of every kind, read as the superuser past every policy."""
    with record(folder) as connection:
        return {
            table: connection.execute(f"select count(*) from {table}").fetchone()[0]  # type: ignore[index]  # noqa: S608
            for table in ("child", "concern", "staff", "contact", "action", "share", "referral")
        }


def record(folder: Path) -> "psycopg.Connection[tuple[Any, ...]]":
    server = embedded.start(folder / "var" / "postgres")
    return psycopg.connect(server.url("postgres", server.password, "cairn"), autocommit=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Stopped while it loads, started again, stopped by Ctrl-C and started once more."""
    folder = tmp_path_factory.mktemp("demo place")
    runs: list[Running] = []
    try:
        cut_off = started(runs, folder)
        cut_off.wait_for("Children and families", START_SECONDS)
        assert cut_off.stop(signal.SIGTERM) == 130
        first = started(runs, folder)
        first_seconds = first.wait_for(READY, LOAD_SECONDS)
        assert "cut off" in first.said
        before = json.loads((folder / "var" / "demo.json").read_text())
        counted = counts(folder)
        assert first.stop() == 0
        second = started(runs, folder)
        second_seconds = second.wait_for(READY, START_SECONDS)
        yield Demo(folder, before, first_seconds, second_seconds, counted, second)
    finally:
        for run in runs:
            if run.process.poll() is None:
                run.stop()
        embedded.erase(folder / "var" / "postgres")


def started(runs: list[Running], folder: Path) -> Running:
    """One more run, remembered so that it is stopped whatever happens."""
    runs.append(Running(folder, free_port()))
    return runs[-1]


class TestStart:
    def test_finds_its_data_again_and_faster(self, demo: Demo) -> None:
        assert "Found the data of the last start" in demo.running.said
        assert demo.second_seconds < demo.first_seconds
        assert counts(demo.folder) == demo.first_counts
        assert demo.description["accounts"] == demo.first["accounts"]
        assert demo.description["base_url"] == f"http://127.0.0.1:{demo.running.port}"

    def test_describes_itself_for_programs_and_for_nobody_else(self, demo: Demo) -> None:
        assert demo.description.keys() == {"base_url", "password", "accounts", "service_keys"}
        assert (demo.folder / "var" / "demo.json").stat().st_mode & 0o777 == 0o600
        for account in demo.description["accounts"]:
            coded = policy.needs_second_factor(policy.BUILT_IN[Role(account["role"])])
            assert account.keys() == {
                "email", "role", "organisation", "organisation_id", *(["totp_secret"] * coded),
            }  # fmt: skip

    def test_says_where_everything_is(self, demo: Demo) -> None:
        base_url = demo.description["base_url"]
        for text in (f"{base_url}/docs", str(demo.folder / "var" / "mail"), "harbour-lights"):
            assert text in demo.running.said
        assert httpx.get(f"{base_url}/docs").status_code == 200

    def test_keeps_a_second_demo_out_of_the_folder(self, demo: Demo) -> None:
        other = Running(demo.folder, free_port())
        assert other.process.wait(START_SECONDS) == 1
        assert "runs in this folder already" in other.said

    def test_says_that_the_port_is_taken(self, demo: Demo, tmp_path: Path) -> None:
        other = Running(tmp_path, demo.running.port)
        assert other.process.wait(START_SECONDS) == 1
        assert f"port {demo.running.port} is taken" in other.said
        assert not (tmp_path / "var" / "postgres").exists()


class TestSignIn:
    def test_lets_every_account_in_with_its_own_role(self, demo: Demo) -> None:
        roles = set()
        with httpx.Client(base_url=demo.description["base_url"], timeout=20) as client:
            for account in demo.description["accounts"]:
                token = demo.sign_in(client, account)
                assert token["role"] == account["role"]
                assert token["organisation"] == account["organisation"]
                roles.add(account["role"])
        assert roles == {role.value for role in EVERY_ROLE}

    def test_has_somebody_who_works_in_two_schools(self, demo: Demo) -> None:
        schools: dict[str, set[str]] = {}
        for account in demo.description["accounts"]:
            schools.setdefault(account["email"], set()).add(account["organisation_id"])
        assert max(len(found) for found in schools.values()) == 2

    def test_asks_the_powerful_for_a_code(self, demo: Demo) -> None:
        account = next(one for one in demo.description["accounts"] if "totp_secret" in one)
        fields = {
            "grant_type": "password",
            "username": account["email"],
            "password": demo.description["password"],
        }
        answer = httpx.post(f"{demo.description['base_url']}/v1/auth/token", data=fields)
        assert (answer.status_code, answer.json()["code"]) == (401, "otp_needed")

    def test_lets_programs_in_with_their_keys(self, demo: Demo) -> None:
        keys = demo.description["service_keys"]
        assert [key["name"] for key in keys] == ["roster", "scim", "alert intake"]
        for key in keys:
            assert key.keys() == {"name", "client_id", "client_secret", "scopes", "organisation_id"}
            fields = {
                "grant_type": "client_credentials",
                "client_id": key["client_id"],
                "client_secret": key["client_secret"],
            }
            answer = httpx.post(f"{demo.description['base_url']}/v1/auth/token", data=fields)
            assert answer.status_code == 200, answer.text
            assert answer.json()["scope"].split() == key["scopes"]


class TestCode:
    def test_hands_out_each_code_once(self, demo: Demo) -> None:
        printed = {
            subprocess.run(
                [str(CAIRN), "demo", "code", "daniel.whitfield@harbour.example"],
                cwd=demo.folder, stdout=subprocess.PIPE, text=True, check=True,
            ).stdout
            for _ in range(2)
        }  # fmt: skip
        assert len(printed) == 2

    @pytest.mark.parametrize("email", ["hannah.clarke@harbour.example", "nobody@example.org"])
    def test_says_who_needs_none(self, demo: Demo, email: str) -> None:
        asked = subprocess.run(
            [str(CAIRN), "demo", "code", email],
            cwd=demo.folder, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        assert asked.returncode == 1
        assert email in asked.stderr


class TestPrintedLines:
    def test_work_when_pasted(self, demo: Demo) -> None:
        lines = [
            line for line in demo.running.said.splitlines() if line.startswith(("TOKEN=", "curl "))
        ]
        assert len(lines) == 3
        pasted = subprocess.run(
            ["sh", "-eu", "-c", "\n".join(lines)], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        listed, raised = (json.loads(line) for line in pasted.strip().splitlines())
        assert len(listed["items"]) == 5
        assert re.fullmatch(r"C-\d{4}-\d{6}", raised["reference"])

    def test_of_the_readme_work_one_after_the_other(self, demo: Demo) -> None:
        lines = script(demo.description["base_url"], CAIRN, "A first client", "Rosters")
        pasted = subprocess.run(
            ["bash", "-c", lines], cwd=demo.folder, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert pasted.returncode == 0, pasted.stdout[-3000:]
        for said in ("\nacknowledged\n", "\noutcome_received\n", "\nlocked\n"):
            assert said in pasted.stdout, pasted.stdout[-3000:]
        for name in ("referral.pdf", "card.pdf"):
            assert (demo.folder / name).read_bytes().startswith(b"%PDF-")

    def test_make_the_lead_hear_of_it_by_mail(self, demo: Demo) -> None:
        mail = demo.folder / "var" / "mail"
        patience = time.monotonic() + 120
        while not (found := list(mail.glob("*.eml"))) and time.monotonic() < patience:
            time.sleep(0.2)
        assert any(LEAD_OF_SECONDARY in path.read_text() for path in found)


class TestData:
    def test_has_a_trust_of_two_schools(self, demo: Demo) -> None:
        with record(demo.folder) as connection:
            kinds = connection.execute("select kind, count(*) from organisation group by kind")
            assert dict(kinds.fetchall()) == {"trust": 1, "school": 2}
        assert demo.first_counts["child"] == 300
        assert demo.first_counts["concern"] == 121
        assert 25 <= demo.first_counts["staff"] <= 28
        assert demo.first_counts["contact"] > 400

    @pytest.mark.parametrize(
        ("table", "column", "wanted"),
        [
            ("concern", "state", CONCERN_STATES),
            ("concern", "immediacy", codes("immediacies")),
            ("concern", "pending->>'kind'", {None, "closure", "withdrawal"}),
            ("concern", "level", {None, 1, 2, 3, 4}),
            ("action", "state", {"open", "done", "dropped"}),
            ("share", "state", SHARE_STATES),
            ("referral", "state", REFERRAL_STATES),
        ],
    )
    def test_shows_everything_there_is(
        self, demo: Demo, table: str, column: str, wanted: set[Any]
    ) -> None:
        with record(demo.folder) as connection:
            found = connection.execute(f"select distinct {column} from {table}").fetchall()  # noqa: S608
        assert {row[0] for row in found} == set(wanted)

    def test_has_a_share_at_every_step_in_each_school(self, demo: Demo) -> None:
        with record(demo.folder) as connection:
            found = connection.execute(
                "select school_id, array_agg(distinct state), max(jsonb_array_length(approvals)) "
                "from share group by school_id"
            ).fetchall()
        assert {school: {*states} for school, states, _ in found} == dict.fromkeys(
            (PRIMARY_ID, SECONDARY_ID), SHARE_STATES
        )
        assert [signed for _, _, signed in found] == [2, 2]

    @pytest.mark.parametrize(
        "question",
        [
            "select count(*) from chronology_entry where kind = 'concern' and late",
            "select count(*) from action where state = 'open' and due_at < now()",
            "select count(*) from body_mark",
            "select count(*) from amendment",
            "select count(*) from comment",
            "select count(*) from decision where jsonb_array_length(advice) > 0",
            "select count(*) from relationship",
            "select count(*) from contact where alleged_source_of_harm",
            "select count(*) from contact where jsonb_array_length(court_orders) > 0",
            "select count(*) from child_status where kind = 'child_protection_plan'",
            "select count(*) from alert where acknowledged_at is null",
            "select count(*) from share where jsonb_array_length(approvals) = 2",
            "select count(*) from concern_event where verb = 'reopened'",
            "select count(*) from safety_record where kind = 'safety_check'",
            "select count(*) from safety_record where kind = 'parents_decision'",
            "select count(*) from safety_plan where state = 'in_use'",
            "select count(*) from safety_plan_holder where copy = 'card'",
            "select count(*) from support_plan where ended_at is null",
            "select count(*) from check_in where ended_at is null",
            "select count(*) from support_list_entry where ended_at is null",
            "select count(*) from support_service where check_by < now()",
            "select count(*) from concern_event where verb = 'closure_refused'",
            "select count(*) from (select 1 from concern_child group by id having count(*) > 1) x",
        ],
    )
    def test_has_some_of(self, demo: Demo, question: str) -> None:
        with record(demo.folder) as connection:
            row = connection.execute(question).fetchone()
            assert row is not None
            assert row[0] > 0

    @pytest.mark.parametrize("noun", ["task", "check_in", "concern", "action"])
    def test_has_an_owner_and_a_clock_for_everything_open(self, demo: Demo, noun: str) -> None:
        with record(demo.folder) as connection:
            row = connection.execute(
                "select count(*), count(*) filter (where t.owner_id is null or t.due_at is null "  # noqa: S608
                "or not exists (select from deadline d where d.school_id = t.school_id "
                f"and d.thing_id = t.id)) from {noun} t where t.ended_at is null"
            ).fetchone()
        assert row is not None
        assert row[0] > 0
        assert row[1] == 0

    def test_left_nobody_signed_in_by_loading(self, demo: Demo) -> None:
        with record(demo.folder) as connection:
            row = connection.execute(
                "select count(*) filter (where revoked_at is null), count(*) from auth_session "
                "where amr = '{demo}'"
            ).fetchone()
        assert row is not None
        assert row[0] == 0
        assert row[1] > 25

    def test_is_read_through_the_api_by_those_who_may(self, demo: Demo) -> None:
        with demo.signed_in(LEAD_OF_SECONDARY) as lead:
            concern = lead.get("/v1/concerns", params={"state": "closed", "limit": 1}).json()
            opened = lead.get(f"/v1/concerns/{concern['items'][0]['id']}").json()
            child_id = opened["children"][0]["id"]
            assert opened["account"]
            assert lead.get(f"/v1/children/{child_id}/chronology").json()["items"]
            assert lead.get(f"/v1/children/{child_id}/contacts").json()["items"]
        with demo.signed_in("philippa.grant@harbour.example") as governor:
            assert governor.get("/v1/concerns").status_code == 403


class TestStop:
    def test_stops_all_when_a_program_ends_by_itself(self, demo: Demo) -> None:
        """Comes last: nothing is served after it."""
        below = descendants(demo.running.process.pid) | {demo.running.postmaster()}
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,args="], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        worker = next(
            int(line.split()[0])
            for line in listed.splitlines()
            if int(line.split()[0]) in below and line.endswith(" worker")
        )
        os.kill(worker, signal.SIGKILL)
        assert demo.running.process.wait(STOP_SECONDS) == 1
        assert "the worker program ended by itself" in demo.running.said
        assert not [pid for pid in below if alive(pid)]
