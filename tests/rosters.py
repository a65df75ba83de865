"""Rosters for tests: packages made in memory, and a roster as an administrator uses it."""

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.words import Role
from app.jobs.imports import import_stored
from tests.unit.formats.roster_packages import ORG, ORGS, USERS, manifest, user
from tests.world import School

SAMPLES = Path(__file__).parent / "samples" / "oneroster" / "gospelnerd"
SMALL = SAMPLES / "school-small"
DISTRICT = SAMPLES / "district-small"
DANDELION = "2408b425-ca06-46b8-be9a-a78a132fbf11"
ZIP = {"Content-Type": "application/zip"}
FATES = ("new", "changed", "unchanged", "left", "problems")


def fates(**numbers: int) -> dict[str, int]:
    return dict.fromkeys(FATES, 0) | numbers


def zipped(folder: Path) -> bytes:
    return packed({path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))})


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def package(*users: str, **files: str) -> bytes:
    """A package of one school, Oak School (s1), with these lines of users.csv."""
    content = {
        "manifest": manifest(**dict.fromkeys(files, "bulk")),
        "orgs": ORGS + ORG,
        "users": USERS + "".join(users),
    } | files
    return packed({f"{name}.csv": text.encode() for name, text in content.items()})


def pupils(number: int, **cells: str) -> list[str]:
    return [
        user(sourcedId=f"p{n}", username=f"p{n}", givenName=f"Given{n}", familyName="Hill", **cells)
        for n in range(number)
    ]


class Roster:
    """One school's roster as its administrator handles it."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.api = school.api(Role.SCHOOL_ADMIN)
        self.sql = school.world.sql

    async def send(self, content: bytes, **query: str) -> str:
        answer = await self.api.request(
            "POST", "/v1/roster/imports", content=content, headers=ZIP, params=query
        )
        assert answer.status_code == 202, answer.text
        assert answer.json()["state"] == "received"
        return str(answer.json()["id"])

    async def run(self, import_id: str) -> None:
        runtime = self.school.world.runtime
        await import_stored(runtime.database, runtime.storage, self.school.id, UUID(import_id))

    async def bring(self, content: bytes, **query: str) -> dict[str, Any]:
        """Send a package, do its job and read what became of it."""
        import_id = await self.send(content, **query)
        await self.run(import_id)
        return await self.get(import_id)

    async def get(self, import_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"/v1/roster/imports/{import_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def problems(self, import_id: str) -> list[dict[str, Any]]:
        answer = await self.api.get(f"/v1/roster/imports/{import_id}/problems")
        listed: list[dict[str, Any]] = answer.json()["items"]
        return listed

    def one(self, statement: str, *values: Any) -> Any:
        return self.sql(statement, self.school.id, *values)[0][0]

    def child(self, source_id: str) -> Any:
        return self.one(
            "select to_jsonb(c) || jsonb_build_object('enrolled', (select count(*) from enrolment e"
            " where e.school_id = c.school_id and e.child_id = c.id and e.valid_to is null))"
            " from roster_link l join child c on c.school_id = l.school_id and c.id = l.local_id"
            " where l.school_id = %s and l.kind = 'child' and l.source_id = %s",
            source_id,
        )

    def fingerprint(self) -> list[Any]:
        """Everything a roster may touch, to see that nothing moved."""
        tables = ("child", "child_identifier", "child_name_token", "name_token", "enrolment",
                  "contact", "staff", "membership")  # fmt: skip
        return [
            self.sql(
                f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t"  # noqa: S608
                " where school_id = %s",
                self.school.id,
            )
            for table in tables
        ]


async def confirmed(school: School) -> None:
    """A lead confirms what somebody else changed."""
    for change in (await school.lead.get("/v1/proposed-changes")).json()["items"]:
        path = f"/v1/proposed-changes/{change['id']}/confirm"
        assert (await school.lead.post(path, version=1)).status_code == 204
