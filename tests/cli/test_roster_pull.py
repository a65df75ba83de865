"""`cairn roster pull`: from a OneRoster service through the API, or an operator's database."""

import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.responses import Response

from app.cli import roster_pull
from app.core.settings import Settings
from app.integrations import service_client
from app.integrations.service_client import Patience
from tests.cli.conftest import Cairn
from tests.oneroster_service import BASE, KEY, Service, a_school, serving, stated
from tests.rosters import Roster
from tests.served import Scripted, roster_api, service_key
from tests.unit.integrations.test_webhook_sender import a_certificate
from tests.world import School, World

pytestmark = pytest.mark.machine_time

LATER = "2099-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
async def url(app_settings: Settings, world: World) -> AsyncIterator[str]:
    async with roster_api(app_settings, world) as origin:
        yield origin


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a pull paused, by a clock that only its pauses move."""
    made: list[float] = []
    patience = partial(Patience, sleep=made.append, now=lambda: sum(made))
    monkeypatch.setattr(roster_pull, "Patience", patience)
    return made


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(service_client, "WAITS", (0.01, 0.01))
    with serving(Service(a_school(12))) as found:
        yield found


@pytest.fixture
def words(service: Service) -> tuple[str, ...]:
    return ("roster", "pull", service.url + BASE, "--token-url", f"{service.url}/token")


@pytest.fixture
async def script(
    cairn: Cairn, url: str, school: School, monkeypatch: pytest.MonkeyPatch
) -> Scripted:
    monkeypatch.setenv("CAIRN_ROSTER_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "200")
    return Scripted(cairn, url, await service_key(school))


class TestPull:
    async def test_fills_a_school_and_is_undone_like_a_file(
        self, school: School, script: Scripted, words: tuple[str, ...], tmp_path: Path
    ) -> None:
        saved = tmp_path / "package.zip"
        code, said, complaint = await script(*words, "--json", "--save", saved)

        (one,) = json.loads(said)["imports"]
        codes = [problem["code"] for problem in one["problems"]]
        assert (code, complaint, codes) == (0, "", ["roster.urn_differs"]), said
        counts = one["counts"]
        assert (counts["children"]["new"], counts["contacts"]["new"]) == (12, 1)
        child = Roster(school).child("p1")
        assert (child["legal_given_name"], child["year_group"], child["registration_group"]) == (
            "Given1", "7", "7A",
        )  # fmt: skip
        assert (child["date_of_birth"], child["sex"]) == ("2015-03-09", "female")
        assert saved.stat().st_mode & 0o777 == 0o600

        assert (await script("import", "undo", one["id"]))[0] == 0
        assert Roster(school).child("p1")["roll_status"] == "left"

    async def test_brings_what_changed_since_and_moves_its_cursor_when_all_went_well(
        self, school: School, service: Service, script: Scripted, words: tuple[str, ...],
        tmp_path: Path,
    ) -> None:  # fmt: skip
        cursor = tmp_path / "oak.cursor"
        assert (await script(*words, "--cursor", cursor))[0] == 0
        first = cursor.read_text()
        assert set(json.loads(first)["since"]) == {"users", "enrollments", "demographics"}

        quiet = await script(*words, "--cursor", cursor)
        assert quiet[:2] == (0, "Nobody has changed since the last pull.\n")

        service.data["users"][1] |= stated("p2", LATER) | {"familyName": "Marsh"}
        service.data["demographics"][2] |= stated("p3", LATER) | {"birthDate": "2015-04-01"}
        before = cursor.read_text()
        held = await script(*words, "--cursor", cursor, "--dry-run")
        assert (held[0], cursor.read_text()) == (0, before)
        code, said, _ = await script(*words, "--cursor", cursor, "--json")

        (one,) = json.loads(said)["imports"]
        fates = one["counts"]["children"]
        assert (code, fates["changed"], fates["left"], fates["unchanged"]) == (0, 2, 0, 0), said
        roster = Roster(school)
        assert roster.child("p2")["legal_family_name"] == "Marsh"
        assert roster.child("p2")["registration_group"] == "7A"
        assert roster.child("p3")["date_of_birth"] == "2015-04-01"
        assert roster.child("p1")["roll_status"] == "on_roll"

    async def test_holds_too_many_leavers_and_keeps_its_cursor(
        self, service: Service, script: Scripted, words: tuple[str, ...], tmp_path: Path
    ) -> None:
        cursor = tmp_path / "oak.cursor"
        assert (await script(*words, "--cursor", cursor))[0] == 0
        before = cursor.read_text()
        for name in ("users", "enrollments", "demographics"):
            service.data[name] = service.data[name][:4]

        code, said, _ = await script(*words, "--cursor", cursor, "--full")

        assert code == 2, said
        assert "needs_person: A person of the school" in said
        assert cursor.read_text() == before

    async def test_says_by_its_code_that_rows_were_left_out_and_moves_its_cursor(
        self, service: Service, script: Scripted, words: tuple[str, ...], tmp_path: Path
    ) -> None:
        service.data["users"][2] |= {"givenName": "", "familyName": "", "preferredFirstName": ""}
        cursor = tmp_path / "oak.cursor"
        code, said, _ = await script(*words, "--cursor", cursor, "--json")
        whole = json.loads(said)
        assert (code, whole["state"], whole["imports"][0]["state"]) == (5, "left_out", "applied")
        assert cursor.exists()

    async def test_costs_nothing_again(
        self, world: World, school: School, script: Scripted, words: tuple[str, ...]
    ) -> None:
        for _ in range(2):
            assert (await script(*words))[0] == 0
        count = "select count(*) from roster_import where school_id = %s"
        assert world.sql(count, school.id) == [(1,)]

    async def test_works_on_the_database_too(
        self, world: World, school: School, script: Scripted, words: tuple[str, ...],
        app_settings: Settings,
    ) -> None:  # fmt: skip
        script.url = script.key = ""
        code, said, complaint = await script(*words, "--school", school.id)
        assert code == 0, said + complaint
        assert Roster(school).child("p1")["legal_given_name"] == "Given1"


class TestPullOfAServiceThatFails:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    async def test_goes_on_once_it_is_back(
        self, school: School, service: Service, script: Scripted, words: tuple[str, ...],
        pauses: list[float], status: int,
    ) -> None:  # fmt: skip
        service.failing = [Response(status_code=status)] * 6
        code, said, complaint = await script(*words)
        assert (code, complaint) == (0, ""), said
        assert pauses == [1, 2, 4, 8, 16, 32]
        assert Roster(school).child("p1")["roll_status"] == "on_roll"

    async def test_waits_as_long_as_it_asks(
        self, service: Service, script: Scripted, words: tuple[str, ...], pauses: list[float]
    ) -> None:
        service.failing = [Response(status_code=429, headers={"Retry-After": "600"})]
        assert (await script(*words))[0] == 0
        assert pauses == [600]

    async def test_fails_once_at_the_end_of_the_window_and_the_next_night_carries_on(
        self, school: School, service: Service, script: Scripted, words: tuple[str, ...],
        pauses: list[float], tmp_path: Path,
    ) -> None:  # fmt: skip
        cursor = tmp_path / "oak.cursor"
        assert (await script(*words, "--cursor", cursor))[0] == 0
        before = cursor.read_text()
        service.data["users"][1] |= stated("p2", LATER) | {"familyName": "Marsh"}

        service.failing = [Response(status_code=500)] * 100
        code, said, complaint = await script(*words, "--cursor", cursor, "--retry-for", "900")
        assert (code, said) == (4, "")
        assert "answers 500" in complaint
        assert "900 seconds" in complaint
        assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
        assert cursor.read_text() == before

        service.failing = []
        assert (await script(*words, "--cursor", cursor))[0] == 0
        assert Roster(school).child("p2")["legal_family_name"] == "Marsh"

    async def test_gives_up_at_once_where_it_asks_for_more_than_the_window(
        self, service: Service, script: Scripted, words: tuple[str, ...], pauses: list[float]
    ) -> None:
        service.failing = [Response(status_code=503, headers={"Retry-After": "7200"})]
        assert (await script(*words))[0] == 4
        assert pauses == []


class TestPullRefused:
    @pytest.mark.parametrize(
        ("key", "words_said"),
        [("cairn-client:wrong", "401"), ("", "CAIRN_ROSTER_KEY"), ("x", "id:secret")],
    )
    async def test_without_the_right_key(
        self, script: Scripted, words: tuple[str, ...], key: str, words_said: str
    ) -> None:
        code, said, complaint = await script(*words, CAIRN_ROSTER_KEY=key)
        assert (code, said) == (3, "")
        assert words_said in complaint
        assert "wrong" not in complaint

    async def test_where_the_service_stays_away(
        self, service: Service, script: Scripted, words: tuple[str, ...]
    ) -> None:
        service.failing = [Response(status_code=503)] * 100
        code, said, _ = await script(*words, "--json")
        assert (code, json.loads(said)["state"]) == (4, "unreachable")
        assert json.loads(said)["imports"] == []

    async def test_by_a_cursor_of_another_service(
        self, script: Scripted, words: tuple[str, ...], tmp_path: Path
    ) -> None:
        cursor = tmp_path / "oak.cursor"
        cursor.write_text('{"url": "https://other.example", "since": {}}')
        other = await script(*words, "--cursor", cursor)
        cursor.write_text("[]")
        broken = await script(*words, "--cursor", cursor)
        assert (other[0], "another service" in other[2]) == (3, True)
        assert (broken[0], "no cursor of ours" in broken[2]) == (3, True)

    async def test_where_nobody_vouches_for_its_certificate(
        self, script: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service_client, "WAITS", ())
        certificate = a_certificate(tmp_path, "localhost")
        with serving(Service(a_school(3)), certificate) as safe:
            words = ("roster", "pull", safe.url + BASE, "--token-url", f"{safe.url}/token")
            doubted = await script(*words)
            assert (doubted[0], "cannot be reached" in doubted[2]) == (4, True), doubted
            assert safe.tokens == 0

            trusted = await script(*words, SSL_CERT_FILE=str(certificate))
            assert trusted[0] == 0, trusted
