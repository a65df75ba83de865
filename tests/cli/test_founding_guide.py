"""`docs/founding.md`, done: its own lines, and a trust of twenty schools whose people sign in."""

import asyncio
import csv
import json
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

import app
from app.core.ids import new_id
from app.core.words import Role
from app.domain.people.first_people.schemas import SchoolFoundingIn
from app.domain.people.foundings import rules
from app.domain.people.foundings.schemas import FoundingIn
from app.formats.founding import COLUMNS, TEXTS
from app.jobs.accounts import SEND_LINK
from app.jobs.runner import adapters_of
from tests.cli.conftest import Cairn
from tests.jobs.working import Sink, a_worker, eventually, text_of
from tests.sampling import WHOLE
from tests.signing_in import App, enrol, sign_in
from tests.world import PASSWORD, Api, World

GUIDE = (Path(app.__file__).parents[1] / "docs/founding.md").read_text()
SCHOOLS = 20 if WHOLE else 4
"""Of the trust that is founded; the last one is like the third."""
NEEDED = ("school_admin", "dsl", "headteacher")
LINK = re.compile(r"/account/set-password#token=(\S+)")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)


class TestTheGuide:
    def test_names_every_column_and_every_code(self) -> None:
        raised = set(
            re.findall(r'FieldProblem\([^"]*"?[^"]*?"?, "(\w+)"', Path(rules.__file__).read_text())
        )
        assert {"person_missing", "email_two_names", "school_twice"} <= raised
        assert [one for one in (*TEXTS, *COLUMNS, *raised) if f"`{one}`" not in GUIDE] == []

    def test_shows_bodies_that_are_taken(self) -> None:
        file, body = blocks("json")
        assert FoundingIn.model_validate_json(file).schools[0].people[1].roles == [
            "dsl",
            "deputy_dsl",
        ]
        assert len(SchoolFoundingIn.model_validate_json(body).people) == 3

    def test_runs_as_it_stands(
        self, cairn: Cairn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (rows,) = blocks("csv")
        (tmp_path / "trust.csv").write_text(rows, encoding="utf-8")
        lines = [line for block in blocks("sh") for line in block.splitlines()]
        assert len(lines) == 5
        said = []
        for line in lines:
            words = shlex.split(line, comments=True)
            assert words[0] == "cairn"
            code, out, complaint = cairn(*words[1:])
            assert code == 0, f"{line}: {out}{complaint}"
            said.append(out)
        assert ["dry run" in one for one in said] == [True, False, False, False, False]
        assert "3 organisations founded or added to, 8 people" in said[1]
        assert "Nothing to do" in said[2]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server to look into."""
    found = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found.port = int(probe.getsockname()[1])
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    yield found
    controller.stop()


class Town:
    """A trust of schools: who is in which role, and what they do with their invitation."""

    def __init__(self, world: World, sink: Sink) -> None:
        self.world, self.sink = world, sink
        self.mark = new_id().hex[-10:]
        self.both = f"both.{self.mark}@example.org"
        """The lead of the first school, who is the head of the second one."""

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        trust = f"Twenty {self.mark}"
        rows = [(trust, "", "Tess Marlow", f"trust.{self.mark}@example.org", "school_admin")]
        for number in range(SCHOOLS):
            for role in NEEDED:
                email = f"{role}.{number}.{self.mark}@example.org"
                name = f"{role} {number}"
                if (number, role) in ((0, "dsl"), (1, "headteacher")):
                    email, name = self.both, "Bo Both"
                rows.append((trust, f"School {number} {self.mark}", name, email, role))
        return rows

    def write(self, folder: Path) -> str:
        file = folder / "twenty.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(
                [("trust", "school", "name", "email", "role"), *self.rows()]
            )
        return str(file)

    async def join(self, email: str) -> None:
        """Follow the mailed link, and set a password with it."""
        found = LINK.search(text_of(self.sink.to(email)[0]))
        assert found is not None
        answer = await self.world.anybody.post(
            "/v1/auth/password-reset/confirm", {"token": found[1], "new_password": PASSWORD}
        )
        assert answer.json() == {"accepted": True}, answer.text

    async def sign_in(self, email: str, app: App | None = None, **place: str) -> Api:
        """Sign in, with a code where the person has an app already."""
        if app is not None:
            self.world.sql("update totp_secret set last_step = 0")  # no test waits for the next
            place["otp"] = app.code()
        answer = await sign_in(self.world, email, PASSWORD, **place)
        assert answer.status_code == 200, answer.text
        return self.world.as_token(answer.json()["access_token"])

    async def accept_the_other(self) -> App:
        """Whoever is asked by two schools follows one link, and accepts the other signed in."""
        app, _ = await enrol(await self.sign_in(self.both))
        api = await self.sign_in(self.both, app)
        (waiting,) = (await api.get("/v1/me/invitations")).json()["items"]
        path = f"/v1/me/invitations/{waiting['organisation_id']}/accept"
        answer = await api.post(path)
        assert answer.status_code == 200, answer.text
        return app


@pytest.fixture
def town(world: World, sink: Sink) -> Town:
    world.sql("delete from procrastinate_jobs where status in ('todo', 'doing')")
    return Town(world, sink)


class TestATrustOfTwentySchools:
    async def test_is_founded_from_one_file_and_everybody_signs_in(
        self, cairn: Cairn, town: Town, world: World, sink: Sink, tmp_path: Path
    ) -> None:
        file = town.write(tmp_path)
        code, said, _ = await asyncio.to_thread(cairn, "found", file, "--json")
        assert code == 0, said
        ids = [one["id"] for one in json.loads(said)["organisations"]]
        assert len(ids) == SCHOOLS + 1
        await mailed(world, sink, len(town.rows()))
        for email in {row[3] for row in town.rows()}:
            await town.join(email)
        apps = {town.both: await town.accept_the_other()}
        for _, school, _, email, role in town.rows():
            organisation = ids[1 + int(school.split()[1])] if school else ids[0]
            place = {"organisation_id": organisation, "role": role}
            if email not in apps:
                apps[email], _ = await enrol(await town.sign_in(email, **place))
            await works(await town.sign_in(email, apps[email], **place), role, organisation)
        again = json.loads((await asyncio.to_thread(cairn, "found", file, "--json"))[1])
        assert {one["state"] for one in again["organisations"]} == {"unchanged"}


async def mailed(world: World, sink: Sink, number: int) -> None:
    settings = world.runtime.settings.model_copy(
        update={"mail_url": f"smtp://127.0.0.1:{sink.port}", "mail_from": "cairn@cairn.example"}
    )
    adapters = adapters_of(settings)
    async with a_worker(adapters, (SEND_LINK,)):
        await eventually(lambda: len(sink.delivered) >= number, "not everybody was invited")
    await adapters.database.close()


async def works(api: Api, role: str, organisation: str) -> None:
    """They do what their role is for, in their organisation alone."""
    me: dict[str, Any] = (await api.get("/v1/me")).json()
    assert (me["organisation_id"], me["role"]) == (organisation, role)
    path = "/v1/staff" if role == Role.SCHOOL_ADMIN else "/v1/overview"
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
