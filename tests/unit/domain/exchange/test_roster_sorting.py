"""A package that is read once for all its schools says of each what it says of it alone."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from app.db.repositories.exchange.roster_staging import Batch
from app.domain.exchange.roster_runs.queries import Package, PackageReader, sort_package
from tests.rosters import DISTRICT
from tests.unit.formats.roster_packages import ORGS, USERS, Maker, manifest, user

TODAY = date(2026, 11, 29)
ORG_LINES = "s1,,,Oak School,school,,\ns2,,,Elm School,school,,\n"
LINES = (
    user(sourcedId="a", orgSourcedIds="s1"),
    user(sourcedId="b", orgSourcedIds="s2", agentSourcedIds="q"),
    user(sourcedId="both", orgSourcedIds='"s1,s2"'),
    user(sourcedId="p", role="parent", agentSourcedIds="a"),
    user(sourcedId="q", role="parent"),
    user(sourcedId="t", role="teacher", orgSourcedIds="s2", email="t@elm.example"),
    user(sourcedId="nobody", role="parent", agentSourcedIds="gone"),
)


def people(batches: Iterable[Batch]) -> dict[str, tuple[str, str]]:
    """Everybody who is staged: kind and hash by id."""
    return {one.source_id: (one.kind, one.row_hash) for part in batches for one in part.people}


def sorted_in(folder: Path, place: Path, *wanted: str) -> dict[str, Package]:
    aside = folder / "aside"
    aside.mkdir()
    return sort_package(place, aside, wanted, TODAY, lambda done, total: None)


def read_alone(folder: Path, place: Path, wanted: str | None) -> Package:
    folder.mkdir()
    reader = PackageReader(place, folder, wanted, TODAY)
    while reader.step() is not None:
        pass
    return reader.package


@pytest.fixture
def two(tmp_path: Path) -> Path:
    place = tmp_path / "package"
    place.mkdir()
    Maker(place).read(orgs=ORGS + ORG_LINES, users=USERS + "".join(LINES), manifest=manifest())
    return place


class TestSortPackage:
    def test_gives_each_school_its_people_and_their_parents(
        self, two: Path, tmp_path: Path
    ) -> None:
        found = sorted_in(tmp_path, two, "s1", "s2")

        assert set(people(found["s1"].batches())) == {"a", "both", "p"}
        assert set(people(found["s2"].batches())) == {"b", "both", "q", "t"}

    def test_says_of_each_what_it_says_of_it_alone(self, tmp_path: Path) -> None:
        options = read_alone(tmp_path / "none", DISTRICT, None).choice.options
        schools = [org.source_id for org in options]
        found = sorted_in(tmp_path, DISTRICT, *schools)
        assert len(schools) > 1
        for school in schools:
            alone = read_alone(tmp_path / school, DISTRICT, school)
            apart, together = people(alone.batches()), people(found[school].batches())
            assert together.items() <= apart.items()
            missing = [kind for kind, _ in (apart[one] for one in apart.keys() - together.keys())]
            assert set(missing) <= {"contact"}, school
            whole, part = alone.staging, found[school].staging
            assert whole is not None
            assert part is not None
            assert part.elsewhere + len(together) == whole.elsewhere + len(apart)

    def test_tells_of_a_fault_in_the_package_once(self, two: Path, tmp_path: Path) -> None:
        (two / "users.csv").write_text(
            USERS + "".join(LINES) + user(sourcedId="c", orgSourcedIds="s2", enabledUser="maybe")
            + "broken\n"
        )  # fmt: skip
        found = sorted_in(tmp_path, two, "s1", "s2")
        codes = {
            school: {(one.line, one.code) for one in package.report().listed}
            for school, package in found.items()
        }
        assert codes["s1"] & codes["s2"] == set()
        assert codes["s1"] | codes["s2"]
