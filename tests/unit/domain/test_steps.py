"""New rows: what they take from what was asked, and what every row says of its making."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from app.core import clock
from app.core.schemas import In
from app.db.models import CaseNote, ScimGroup
from app.domain.steps import new


class NoteIn(In):
    id: UUID | None = None
    kind: str
    note: str
    unheard: str = "of the table"


@dataclass(frozen=True, slots=True)
class Group:
    display_name: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(Group):
    school_id: UUID
    version: int


def _work() -> Any:
    actor = SimpleNamespace(school_id=uuid4(), id=uuid4(), role_name="dsl")
    return SimpleNamespace(now=clock.now(), actor=actor)


def test_takes_the_columns_that_a_body_names() -> None:
    work, id_ = _work(), uuid4()
    row = new(work, CaseNote, NoteIn(id=id_, kind="begun", note="Seen."), plan="Wait.")
    assert (row.id, row.kind, row.note, row.plan) == (id_, "begun", "Seen.", "Wait.")
    assert (row.school_id, row.by_id, row.at) == (work.actor.school_id, work.actor.id, work.now)


def test_takes_them_from_a_command_and_gives_an_id() -> None:
    work = _work()
    row = new(work, ScimGroup, Group("Leads"))
    assert (row.display_name, row.external_id, row.version) == ("Leads", None, 1)
    assert row.id is not None


def test_what_is_given_stands_before_what_is_asked() -> None:
    row = new(_work(), CaseNote, NoteIn(kind="begun", note="Seen."), kind="closed")
    assert row.kind == "closed"


def test_the_school_and_the_version_are_never_what_is_asked() -> None:
    work, asked = _work(), Elsewhere("Leads", school_id=uuid4(), version=7)
    row = new(work, ScimGroup, asked)
    assert (row.school_id, row.version) == (work.actor.school_id, 1)
