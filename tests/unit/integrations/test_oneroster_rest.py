"""Pulling from a OneRoster 1.2 REST service that is really served."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from app.core import clock
from app.formats.oneroster.reader import Parsed
from app.formats.rosters.opening import open_roster
from app.integrations import oneroster_rest, service_client
from app.integrations.oneroster_rest import SCOPES, RosterPull
from app.integrations.service_client import (
    Credentials,
    ServiceClient,
    ServiceRefused,
    ServiceUnreachable,
)
from tests.oneroster_service import BASE, KEY, Service, a_school, pupil, serving, stated

pytestmark = pytest.mark.machine_time

SINCE = "2020-09-02T00:00:00.000Z"
LATER = "2020-09-03T00:00:00.000Z"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(service_client, "WAITS", (0.01, 0.01, 0.01))
    with serving(Service(a_school(12))) as found:
        yield found


@pytest.fixture
def pull(service: Service, tmp_path: Path) -> Iterator[RosterPull]:
    client_id, _, secret = KEY.partition(":")
    client = ServiceClient(Credentials(f"{service.url}/token", client_id, lambda: secret, SCOPES))
    yield RosterPull(client, service.url + BASE + "/", tmp_path)
    client.close()


Packaged = Callable[..., dict[str, list[dict[str, str]]]]


@pytest.fixture
def packaged(pull: RosterPull, tmp_path: Path) -> Packaged:
    """Pull, and read the files of the package as they stand."""

    def run(**since: str) -> dict[str, list[dict[str, str]]]:
        pull.fetch(since, tmp_path / "package.zip")
        with zipfile.ZipFile(tmp_path / "package.zip") as archive:
            return {
                name.removesuffix(".csv"): list(
                    csv.DictReader(io.StringIO(archive.read(name).decode(), newline=""))
                )
                for name in archive.namelist()
            }

    return run


def modes(files: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    said = {row["propertyName"]: row["value"] for row in files["manifest"]}
    return {
        name.removeprefix("file."): value
        for name, value in said.items()
        if name.startswith("file.") and value != "absent"
    }


class TestAPackage:
    def test_is_read_without_a_fault(self, packaged: Packaged, tmp_path: Path) -> None:
        files = packaged()
        opened = open_roster(tmp_path / "package.zip")
        assert isinstance(opened, Parsed)
        assert (opened.version, opened.complete) == ("1.2", True)
        users = list(opened.users())
        for rows in (opened.orgs, opened.classes, opened.roles, opened.enrollments,
                     opened.demographics, opened.courses, opened.academic_sessions):  # fmt: skip
            assert list(rows())
        assert opened.problems == []
        first = users[0]
        assert (first.given_name, first.preferred_given_name, first.grades, first.agent_ids) == (
            "Given1", "Known1", ("7",), ("g1",),
        )  # fmt: skip
        assert first.user_ids == {"LDAP": "p.1"}
        assert first.extra == {"house": "Red, or blue"}
        assert set(modes(files).values()) == {"bulk"}

    def test_is_the_same_bytes_for_the_same_answers(self, pull: RosterPull, tmp_path: Path) -> None:
        for name in ("a.zip", "b.zip"):
            pull.fetch({}, tmp_path / name)
        assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()

    def test_leaves_out_who_has_gone_where_it_is_complete(
        self, service: Service, packaged: Packaged
    ) -> None:
        service.data["users"][2]["status"] = "tobedeleted"
        files = packaged()
        assert "p3" not in {row["sourcedId"] for row in files["users"]}
        assert {row["status"] for row in files["users"]} == {""}

    def test_never_holds_a_password(self, service: Service, packaged: Packaged) -> None:
        service.data["users"][0]["password"] = "hunter2"
        files = packaged()
        assert "hunter2" not in str(files)


class TestPaging:
    @pytest.mark.parametrize("links", [True, False])
    @pytest.mark.parametrize("says_total", [True, False])
    def test_brings_every_row_once(
        self, service: Service, packaged: Packaged, links: bool, says_total: bool
    ) -> None:
        service.most, service.links, service.says_total = 5, links, says_total
        files = packaged()
        assert len(files["users"]) == 13
        assert len(files["enrollments"]) == 12
        assert len([one for one in service.asked if one.startswith("/users?")]) >= 3

    def test_takes_nobody_for_a_leaver_where_no_total_is_said(
        self, service: Service, packaged: Packaged, tmp_path: Path
    ) -> None:
        service.says_total = False
        assert modes(packaged())["users"] == "delta"
        opened = open_roster(tmp_path / "package.zip")
        assert not opened.complete

    def test_reads_again_what_changed_meanwhile(self, service: Service, packaged: Packaged) -> None:
        service.most = 5
        one_short = {"users": service.data["users"][:5]}
        page = JSONResponse(one_short, headers={"X-Total-Count": "14", "Link": '<x>; rel="last"'})
        before = [
            JSONResponse({name: service.data[name]}, headers={"X-Total-Count": "1"})
            for name in ("orgs", "academicSessions", "courses", "classes")
        ]
        service.failing = [*before, page]
        assert len(packaged()["users"]) == 13

    def test_gives_up_where_it_never_fits(self, service: Service, packaged: Packaged) -> None:
        rows = {"orgs": service.data["orgs"]}
        wrong: list[Response] = [
            JSONResponse(rows, headers={"X-Total-Count": "2", "Link": '<x>; rel="last"'})
        ]
        service.failing = wrong * 3
        with pytest.raises(ServiceUnreachable, match="went on changing"):
            packaged()

    def test_sends_its_token_to_no_other_host(self, service: Service, packaged: Packaged) -> None:
        service.most, service.next_host = 5, "http://127.0.0.9:1"
        with pytest.raises(ServiceRefused, match="another host"):
            packaged()

    def test_ends_pages_that_lead_in_a_circle(self, service: Service, packaged: Packaged) -> None:
        link = f'<{BASE}/orgs?limit=1000&offset=0>; rel="next"'
        service.failing = [JSONResponse({"orgs": service.data["orgs"]}, headers={"Link": link})]
        service.failing *= 2
        with pytest.raises(ServiceRefused, match="lead back"):
            packaged()


class TestChanges:
    def test_are_asked_for_since_then(self, service: Service, packaged: Packaged) -> None:
        service.data["users"][3] |= stated("p4", LATER)
        files = packaged(users=SINCE, enrollments=SINCE, demographics=SINCE)
        assert [row["sourcedId"] for row in files["users"]] == ["p4"]
        assert [row["status"] for row in files["users"]] == ["active"]
        assert len(files["orgs"]) == 1
        assert modes(files) == {
            "orgs": "bulk", "academicSessions": "bulk", "courses": "bulk", "classes": "bulk",
            "users": "delta", "roles": "delta", "enrollments": "delta", "demographics": "delta",
        }  # fmt: skip

    def test_of_demographics_bring_their_people(self, service: Service, packaged: Packaged) -> None:
        service.data["demographics"][5] |= stated("p6", LATER)
        service.data["enrollments"][6] |= stated("e7", LATER)
        files = packaged(users=SINCE, enrollments=SINCE, demographics=SINCE)
        assert [row["sourcedId"] for row in files["users"]] == ["p6", "p7"]

    def test_of_very_many_bring_everybody(
        self, service: Service, packaged: Packaged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oneroster_rest, "SINGLY", 1)
        for number in (5, 6):
            service.data["demographics"][number] |= stated(f"p{number + 1}", LATER)
        files = packaged(users=SINCE, enrollments=SINCE, demographics=SINCE)
        assert len(files["users"]) == 13
        assert modes(files)["users"] == "delta"

    def test_say_where_nobody_changed(self, pull: RosterPull, tmp_path: Path) -> None:
        since = dict.fromkeys(("users", "enrollments", "demographics"), SINCE)
        assert not pull.fetch(since, tmp_path / "package.zip")

    def test_go_on_ten_minutes_before_the_services_own_time(
        self, service: Service, pull: RosterPull, tmp_path: Path
    ) -> None:
        began = clock.now()
        pull.fetch({}, tmp_path / "package.zip")
        for name in ("users", "enrollments", "demographics"):
            told = datetime.fromisoformat(pull.cursor[name])
            assert timedelta(minutes=9) < began - told < timedelta(minutes=11)


class TestPatience:
    def test_waits_as_long_as_it_is_asked_to(
        self, service: Service, packaged: Packaged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []
        monkeypatch.setattr("app.integrations.service_client.time.sleep", slept.append)
        soon = format_datetime(clock.now() + timedelta(seconds=30), usegmt=True)
        service.failing = [
            Response(status_code=503),
            Response(status_code=429, headers={"Retry-After": "7"}),
            Response(status_code=429, headers={"Retry-After": soon}),
        ]
        assert len(packaged()["users"]) == 13
        assert slept[:2] == [0.01, 7.0]
        assert 25 < slept[2] <= 30

    @pytest.mark.parametrize("retry_after", ["", "3600"])
    def test_ends_where_it_is_asked_for_too_much(
        self, service: Service, packaged: Packaged, retry_after: str
    ) -> None:
        busy = Response(status_code=503, headers={"Retry-After": retry_after})
        service.failing = [busy] * (1 if retry_after else 4)
        with pytest.raises(ServiceUnreachable, match="503"):
            packaged()

    def test_gets_a_new_token_when_the_old_one_ended(
        self, service: Service, packaged: Packaged
    ) -> None:
        service.token_lasts = 3
        assert len(packaged()["users"]) == 13
        assert service.tokens == 3

    def test_goes_on_without_demographics_that_it_may_not_read(
        self, service: Service, packaged: Packaged
    ) -> None:
        service.forbidden = frozenset({"demographics"})
        assert "demographics" not in packaged()
        service.forbidden = frozenset({"users"})
        with pytest.raises(ServiceRefused, match="not your scope"):
            packaged()

    def test_reads_no_endless_answer(
        self, service: Service, packaged: Packaged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service_client, "MOST_READ", 500)
        with pytest.raises(ServiceRefused, match="too large"):
            packaged()

    def test_keeps_no_endless_roster(
        self, service: Service, packaged: Packaged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oneroster_rest, "MOST_BYTES", 5_000)
        with pytest.raises(ServiceRefused, match="larger than"):
            packaged()

    @pytest.mark.parametrize(
        "answer",
        [
            JSONResponse({"users": []}),
            JSONResponse([1]),
            Response("<html>", media_type="text/html"),
            JSONResponse({"orgs": [{"name": "no id"}]}),
            Response(status_code=302, headers={"Location": "https://elsewhere.example/"}),
        ],
    )
    def test_refuses_what_is_no_oneroster(
        self, service: Service, packaged: Packaged, answer: Response
    ) -> None:
        service.failing = [answer]
        with pytest.raises(ServiceRefused):
            packaged()


def test_a_pupil_without_a_role_has_no_row_of_roles(service: Service, packaged: Packaged) -> None:
    service.data["users"].append(pupil(99, roles=None, metadata=None))
    assert len(packaged()["roles"]) == 13
