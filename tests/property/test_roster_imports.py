"""Whatever is in a file, an import ends, and every person of the file is in its counts."""

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from app.formats.rosters.opening import open_roster
from tests.rosters import Roster, package, packed, pupils
from tests.sampling import drawn
from tests.unit.formats.roster_packages import ORG, ORGS, USERS, manifest, user
from tests.world import School

PUPILS = 12
BITS = (
    "\n", "\r\n", ",", '"', '""', "\0", "p3", "g3", "s1", "student", "parent", "teacher", "true",
    "tobedeleted", "R201100018042", "Zoë", "99", "\ufffd", "x@example.org",
)  # fmt: skip
PEOPLE = ("children", "staff", "contacts")


def people() -> str:
    """Pupils with a parent each, and teachers."""
    parents = [
        user(sourcedId=f"g{n}", username=f"g{n}", role="parent", givenName="Jo", familyName="Hill",
             email=f"g{n}@home.example", agentSourcedIds=f"p{n}")
        for n in range(PUPILS)
    ]  # fmt: skip
    staff = [
        user(sourcedId=f"t{n}", username=f"t{n}", role="teacher", givenName="Di", familyName="Lee",
             email=f"t{n}@school.example")
        for n in range(4)
    ]  # fmt: skip
    return "".join([USERS, *pupils(PUPILS), *parents, *staff])


def spoilt(text: str, dice: random.Random) -> bytes:
    raw = bytearray(text.encode())
    for _ in range(dice.randint(1, 8)):
        at, some = dice.randrange(len(raw)), dice.choice(BITS).encode()
        raw[at : at + dice.choice((0, len(some)))] = some
    return bytes(raw)


def files(dice: random.Random) -> bytes:
    """A package of which one file has other bytes here and there."""
    whole = {"manifest.csv": manifest(), "orgs.csv": ORGS + ORG, "users.csv": people()}
    one = dice.choice(("users.csv", "users.csv", "users.csv", "orgs.csv", "manifest.csv"))
    return packed(
        {name: spoilt(text, dice) if name == one else text.encode() for name, text in whole.items()}
    )


def rows_in(content: bytes) -> int:
    """People in the file, read or not."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "r.zip")
        place.write_bytes(content)
        roster = open_roster(place)
        for _ in roster.users():
            pass
        return roster.sizes.get("users", 0)


def check_counts(found: dict[str, Any], content: bytes) -> None:
    """Every person is new, changed, unchanged, gone, of another school, left out, or a problem."""
    counts, rows = found["counts"], rows_in(content)
    fates = {
        fate: sum(counts[kind][fate] for kind in PEOPLE)
        for fate in ("new", "changed", "unchanged", "left", "problems")
    }
    assert sum(fates.values()) + counts["elsewhere"] + counts["left_out"] >= rows, counts


@pytest.mark.parametrize("seed", drawn(range(60), "test_roster_imports", 8))
async def test_no_row_is_lost_between_the_file_and_the_record(school: School, seed: int) -> None:
    dice, roster = random.Random(seed), Roster(school)
    await roster.bring(package(*people()[len(USERS) :].splitlines(keepends=True)))
    for _ in range(3):
        content = files(dice)
        found = await roster.bring(content)
        assert found["state"] in ("applied", "held", "refused"), found
        if found["state"] != "refused":
            check_counts(found, content)
