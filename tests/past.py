"""Past entries for tests: files made in memory, and an import as a school handles it."""

from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Role
from app.domain.exchange.past_plans.commands import run_undo
from app.formats.identifiers import upn_check_letter
from app.jobs.imports import apply_stored, plan_stored
from tests.world import Person, School

CSV = {"Content-Type": "text/csv"}
SOURCE = "cpoms:hilltop"
HEAD = (
    "source_id", "children", "occurred_at", "recorded_at", "author", "author_role", "categories",
    "confidentiality", "text", "open",
)  # fmt: skip
FATES = ("new", "unchanged", "held", "set_aside", "refused")


def upn(number: int) -> str:
    """A valid UPN."""
    body = f"201{number:08d}9"[:12].ljust(12, "0")
    return upn_check_letter(body) + body


def row(source_id: str, children: str, **cells: str) -> dict[str, str]:
    """A row of a concern."""
    usual = {
        "source_id": source_id, "children": children, "occurred_at": "2019-03-04T08:50",
        "recorded_at": "2019-03-04T10:15", "author": "Mrs J Bell", "author_role": "Tutor",
        "categories": "neglect", "confidentiality": "", "text": "Came without a coat.",
        "open": "false",
    }  # fmt: skip
    return usual | cells


def csv_of(*rows: dict[str, str]) -> bytes:
    """A file with these rows."""
    names = list(dict.fromkeys(name for one in rows for name in one)) or list(HEAD)
    lines = [names, *([one.get(name, "") for name in names] for one in rows)]
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    return "\n".join(quoted).encode() + b"\n"


class Past:
    """A school, and what its system before kept."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.admin, self.lead = school.api(Role.SCHOOL_ADMIN), school.lead
        self.sql = school.world.sql

    async def child(self, number: int, given: str = "Alex", family: str = "Marsh") -> UUID:
        """A child with a UPN."""
        child = await self.school.child(given, family)
        self.sql(
            "insert into child_identifier (school_id, id, child_id, system, value, source,"
            " created_at) values (%s, %s, %s, 'upn', %s, 'oneroster', now())",
            self.school.id, new_id(), child, upn(number),
        )  # fmt: skip
        return child

    async def send(self, content: bytes, kind: str = "concern", **query: str) -> dict[str, Any]:
        """Send a file; it is not planned yet."""
        asked = {"kind": kind, "source": SOURCE, **query}
        answer = await self.admin.request(
            "POST", "/v1/imports", content=content, headers=CSV, params=asked
        )
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def plan(self, import_id: str) -> dict[str, Any]:
        """Do the job that plans, and read the import."""
        runtime = self.school.world.runtime
        await plan_stored(runtime.database, runtime.storage, self.school.id, UUID(import_id))
        return await self.get(import_id)

    async def planned(self, content: bytes, kind: str = "concern", **query: str) -> dict[str, Any]:
        """Send a file and plan it."""
        return await self.plan((await self.send(content, kind, **query))["id"])

    async def get(self, import_id: str) -> dict[str, Any]:
        """The import as its administrator reads it."""
        answer = await self.admin.get(f"/v1/imports/{import_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def version(self, import_id: str) -> int:
        """Its present version."""
        return self.school.world.version("past_import", import_id)

    async def approve(self, import_id: str, by: Person | None = None) -> Any:
        """Approve it as the lead, or as somebody else."""
        api = self.school.world.as_token(by.token) if by else self.lead
        return await api.post(
            f"/v1/imports/{import_id}/approve", {"reason": "We move."},
            version=self.version(import_id),
        )  # fmt: skip

    async def apply(self, import_id: str) -> dict[str, Any]:
        """Do the job that lets it in, and read the import."""
        runtime = self.school.world.runtime
        await apply_stored(runtime.database, runtime.storage, self.school.id, UUID(import_id))
        return await self.get(import_id)

    async def bring(self, content: bytes, kind: str = "concern", **query: str) -> dict[str, Any]:
        """Send, plan, approve and apply."""
        planned = await self.planned(content, kind, **query)
        answer = await self.approve(planned["id"])
        assert answer.status_code == 200, answer.text
        if planned["highest_class"] == "K5":
            await self.approve(planned["id"], await self.school.person(Role.DSL))
        return await self.apply(planned["id"])

    async def undo(self, import_id: str) -> dict[str, Any]:
        """Undo it as the lead, and do the job."""
        answer = await self.lead.post(
            f"/v1/imports/{import_id}/undo", {"reason": "Wrong school."},
            version=self.version(import_id),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        await run_undo(self.school.world.runtime.database, self.school.id, UUID(import_id))
        return await self.get(import_id)

    def entries(self) -> list[Any]:
        """Every entry: id, child, source id and text."""
        return self.sql(
            "select id, child_id, source_id, text from past_entry where school_id = %s order by id",
            self.school.id,
        )


def fates(found: dict[str, Any]) -> dict[str, int]:
    """The rows of a plan that there are, by fate."""
    return {fate: found["counts"][fate] for fate in FATES if found["counts"][fate]}


def codes(found: dict[str, Any]) -> dict[str, int]:
    """The problems of a plan, by code."""
    return {one["code"]: one["number"] for one in found["counts"]["problems"]}
