"""`docs/adding.md` is true: its edits, applied to copies, give a field, and a kind of record."""

import re
import shutil
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import httpx
import pytest

from tests.faults.test_commit import a_concern
from tests.world import School

ROOT = Path(__file__).parents[2]
COPIED = ("app", "migrations", "openapi", "tests", "alembic.ini", "pyproject.toml")
EDIT = re.compile(
    r"After `(?P<after>.+?)` in\s+`(?P<file>[^`]+)`:\n\n```text\n(?P<text>.+?)```", re.S
)
WHOLE = re.compile(r"The whole of\s+`(?P<file>[^`]+)`:\n\n```text\n(?P<text>.+?)```", re.S)
MOST_FILES = 5
USES = '''"""A concern with the new field."""

from app.core.words import Actor
from app.db.reading import open_reading
from app.domain.access.row_hashes.queries import differing_rows
from tests.faults.test_commit import a_concern
from tests.world import School, World


async def test_keeps_and_shows_it(school: School) -> None:
    body = a_concern(await school.child()) | {"weather": "Heavy rain"}
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    opened = await school.lead.get(f"/v1/concerns/{answer.json()['id']}")
    assert opened.json()["weather"] == "Heavy rain"
    plain = await school.staff.post("/v1/concerns", a_concern(await school.child()))
    opened = await school.lead.get(f"/v1/concerns/{plain.json()['id']}")
    assert opened.json()["weather"] is None


async def test_is_in_the_hash_of_its_row(world: World, school: School) -> None:
    async def bent() -> list[str]:
        async with open_reading(world.runtime.database, Actor.system(school.id)) as reading:
            found = [one async for one in differing_rows(reading, school.id)]
        return [one.key for one in found if one.table == "concern"]

    body = a_concern(await school.child()) | {"weather": "Heavy rain"}
    id_ = (await school.staff.post("/v1/concerns", body)).json()["id"]
    assert await bent() == []
    world.sql("update concern set weather = 'Sun' where id = %s", id_)
    assert await bent() == [id_]


async def test_is_never_changed_by_the_application(world: World) -> None:
    asked = "select has_column_privilege('cairn_app', 'concern', 'weather', 'update')"
    assert world.sql(asked) == [(False,)]
'''


WALKS = '''"""A home visit, as each walker meets it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Actor, AuditEvent, Role
from app.db.models import HomeVisit
from app.db.unit_of_work import open_work
from app.domain.duty.hand_over.commands import settle_school
from app.domain.steps import record_row
from tests.jobs.climbing import MONDAY, after, fresh, tick
from tests.owners import Plot
from tests.world import School, World


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


@pytest.fixture
async def plot(world: World, school: School) -> Plot:
    """A visit of the deputy, due tomorrow, because of a concern of the lead."""
    planted = Plot(world, school, await school.child())
    planted.plant("concern", school[Role.DSL].id)
    owner, due = school[Role.DEPUTY_DSL].id, clock.now() + timedelta(days=1)
    visit = planted.ids["home_visit"] = planted.put(
        "home_visit", concern_id=planted.ids["concern"], owner_id=owner, due_at=due,
        set_by=school[Role.DSL].id, set_at=clock.now(), changed_at=clock.now(),
    )  # fmt: skip
    planted.put(
        "deadline", noun="home_visit", thing_id=visit, rule_id="set_by_person",
        rule_version="2026-11", ladder="routine", started_at=clock.now(), due_at=due,
        made_by=owner, made_at=clock.now(), next_at=due,
    )  # fmt: skip
    return planted


def named(plot: Plot) -> UUID:
    return plot.ids["home_visit"]


async def recorded(plot: Plot) -> None:
    """What its command would record."""
    lead = plot.school[Role.DSL]
    actor = Actor(lead.id, plot.school.id, Role.DSL, lead.session_id)
    async with open_work(plot.world.runtime.database, actor) as work:
        row = await work.session.get(HomeVisit, (plot.school.id, named(plot)))
        record_row(work, AuditEvent.HOME_VISIT_SET, row)


async def test_is_in_the_overview(plot: Plot, world: World, school: School) -> None:
    with after(days=3):
        for role, mine, shown in (
            (Role.DEPUTY_DSL, True, True), (Role.DSL, False, True), (Role.DSL, True, False),
        ):  # fmt: skip
            found = await fresh(world, school[role]).get(f"/v1/overview?mine={mine}")
            assert (str(named(plot)) in found.text) is shown, (role, found.text)


async def test_is_on_the_ladder(plot: Plot, world: World, school: School) -> None:
    with after(days=3):
        await tick(world, school)
    told = world.sql(
        "select a.recipient_id from alert a join deadline d on d.id = a.deadline_id"
        " where d.thing_id = %s", named(plot),
    )  # fmt: skip
    assert (school[Role.DEPUTY_DSL].id,) in told
    assert (school[Role.STAFF].id,) not in told


async def test_goes_to_another_owner(plot: Plot, world: World, school: School) -> None:
    world.sql("update account set disabled_at = now() where id = %s", school[Role.DEPUTY_DSL].id)
    async with world.work(school.id) as work:
        await settle_school(work)
    rows = world.sql("select owner_id from home_visit where id = %s", named(plot))
    assert rows == [(school[Role.DSL].id,)]


async def test_is_explained(plot: Plot, school: School) -> None:
    asked = {"resource": f"home_visit:{named(plot)}"}
    answer = await school.lead.get("/v1/access/explain", params=asked)
    assert answer.status_code == 200, answer.text
    people = {one["person"]["id"] for one in answer.json()["people"]}
    assert {str(school[role].id) for role in (Role.DSL, Role.DEPUTY_DSL)} <= people
    assert str(school[Role.STAFF].id) not in people


async def test_is_an_event_for_those_who_see_it(plot: Plot, school: School) -> None:
    places = {
        role: (await school.api(role).get("/v1/changes")).json()["next"]
        for role in (Role.DSL, Role.PASTORAL)
    }
    await recorded(plot)
    for role, heard in ((Role.DSL, True), (Role.PASTORAL, False)):
        page = await school.api(role).get(f"/v1/changes?since={places[role]}")
        assert (str(named(plot)) in page.text) is heard, (role, page.text)
        assert ("home_visit.set" in page.text) is heard


async def test_is_in_the_audit_log(plot: Plot, school: School) -> None:
    await recorded(plot)
    answer = await school.lead.get("/v1/audit", params={"verb": "home_visit.set"})
    assert str(named(plot)) in answer.text, answer.text
'''


class Edit(NamedTuple):
    """Lines that stand after a line of a file."""

    after: str
    file: str
    text: str

    def apply(self, root: Path) -> None:
        """Put the lines there, as deep as the line before them."""
        path = root / self.file
        lines, place = path.read_text().splitlines(keepends=True), self.place(root)
        before = lines[place]
        depth = before[: len(before) - len(before.lstrip())]
        lines[place + 1 : place + 1] = [depth + line for line in self.text.splitlines(True)]
        path.write_text("".join(lines))

    def place(self, root: Path) -> int:
        """Where the line before them stands, which stands there once."""
        lines = (root / self.file).read_text().splitlines()
        found = [place for place, line in enumerate(lines) if line.strip() == self.after]
        assert len(found) == 1, f"`{self.after}` stands {len(found)} times in {self.file}"
        return found[0]


def section(title: str) -> str:
    """The part of the page under a heading."""
    page = (ROOT / "docs/adding.md").read_text()
    (found,) = [one for one in page.split("\n## ") if one.startswith(f"{title}\n")]
    return found


def edits_of(title: str) -> list[Edit]:
    return [Edit(**found.groupdict()) for found in EDIT.finditer(section(title))]


@pytest.fixture(scope="module")
def edits() -> list[Edit]:
    return edits_of("A field of a concern")


KIND = "A kind of record"
WALK = "Where a concern goes when it is raised"


def test_changes_at_most_five_files(edits: list[Edit]) -> None:
    assert len(edits) == 5
    assert len({edit.file for edit in edits}) < MOST_FILES


def test_finds_the_line_before_each_edit(edits: list[Edit]) -> None:
    for edit in edits:
        edit.place(ROOT)


def run(root: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def copied(root: Path) -> None:
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)


def tried(root: Path, name: str, test: str) -> str:
    """What a test of the copy says."""
    path = root / "tests/api" / name
    path.write_text(test)
    return run(root, "pytest", "-q", "-p", "no:cacheprovider", str(path))


@pytest.mark.long
def test_gives_a_concern_the_field(edits: list[Edit], tmp_path: Path) -> None:
    copied(tmp_path)
    for edit in edits:
        edit.apply(tmp_path)
    assert "3 passed" in tried(tmp_path, "test_weather.py", USES)
    uniform = ("tests/contract/test_openapi_uniform.py", "-k", "not TestExamples")
    run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *uniform)
    run(tmp_path, "mypy", "app/api/schemas/concerns.py", "app/api/schemas/concern_records.py")


class TestAKind:
    def test_finds_the_line_before_each_edit(self) -> None:
        for edit in edits_of(KIND):
            edit.place(ROOT)

    def test_changes_as_many_files_as_it_says(self) -> None:
        new = [found["file"] for found in WHOLE.finditer(section(KIND))]
        changed = {edit.file for edit in edits_of(KIND)}
        assert (len(new), len(changed)) == (4, 4)
        assert "Eight files" in section(KIND)
        assert not any((ROOT / file).exists() for file in new)

    @pytest.mark.long
    def test_is_met_by_every_walker(self, tmp_path: Path) -> None:
        copied(tmp_path)
        for found in WHOLE.finditer(section(KIND)):
            path = tmp_path / found["file"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(found["text"])
        for edit in edits_of(KIND):
            edit.apply(tmp_path)
        said = tried(tmp_path, "test_home_visits.py", WALKS)
        assert "6 passed" in said


class Walk:
    """The files of `app` whose functions a request runs, as the interpreter sees them."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    async def of(self, asking: Awaitable[httpx.Response]) -> httpx.Response:
        """The answer to a request, watched."""
        sys.setprofile(self._look)
        try:
            return await asking
        finally:
            sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, _: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(f"{ROOT / 'app'}/"):
            self.files.add(path.removeprefix(f"{ROOT}/"))


class TestRaising:
    """The walk of a report, as the page has it."""

    @pytest.fixture
    async def walks(self, school: School) -> tuple[set[str], set[str]]:
        """What a report runs, and what a request that only asks who one is runs, both warm."""
        child = await school.child()
        for _ in range(3):
            raising, asking = Walk(), Walk()
            answer = await raising.of(school.staff.post("/v1/concerns", a_concern(child)))
            assert answer.status_code == 201, answer.text
            assert (await asking.of(school.staff.get("/v1/me"))).status_code == 200
        return raising.files, asking.files

    async def test_runs_no_more_files_than_it_says(self, walks: tuple[set[str], set[str]]) -> None:
        raising, asking = walks
        text = section(WALK)
        numbers = [int(one) for one in re.findall(r"\b(\d\d)\b", text)[:3]]
        shared = raising & asking
        found = [len(raising), len(shared), len(raising - shared)]
        assert numbers[0] == numbers[1] + numbers[2]
        more = [one - said for one, said in zip(found, numbers, strict=True)]
        assert max(more[0], more[2]) <= 0, (found, sorted(raising - shared))
        assert min(more) > -5, found

    async def test_goes_through_every_file_that_it_names(
        self, walks: tuple[set[str], set[str]]
    ) -> None:
        named = set(re.findall(r"`(app/[\w/]+\.py)`", section(WALK)))
        assert len(named) > 20
        assert sorted(named - walks[0]) == []
