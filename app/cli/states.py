"""`cairn states`: draws the states of every kind of record, or says whether the page is right."""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.failures import CommandFailed
from app.core.vocabularies import VOCABULARIES
from app.domain.courses import Course, with_states
from app.domain.kinds import NEW, Kind
from app.formats.state_diagrams import Drawn, page_of

PAGE = Path("docs/states.md")


def states(
    check: Annotated[bool, typer.Option("--check", help="Only compare; fail on drift.")] = False,
    file: Annotated[Path, typer.Option(help="Where it is kept.")] = PAGE,
) -> None:
    """Write the page with a diagram of the states of each kind of record."""
    made = page()
    if not check:
        file.write_text(made, encoding="utf-8")
        typer.echo(f"Wrote {file}.")
    elif not file.exists() or file.read_text(encoding="utf-8") != made:
        raise CommandFailed(f"{file}: not what the application says; run `cairn states`")


def page() -> str:
    """The page, made without a database. The application fills the registry of kinds."""
    importlib.import_module("app.main")
    return page_of(map(_drawn, with_states()))


def _drawn(kind: Kind[Any] | Course) -> Drawn:
    changes = list(kind.drawn() if isinstance(kind, Course) else kind.changes())
    states = {state for before, after, _ in changes for state in (before, after)} - {NEW}
    known = next((item for item in VOCABULARIES.values() if item.codes == states), None)
    order = [term.code for term in known.terms] if known else sorted(states)
    any_order = isinstance(kind, Course) and bool(kind.order)
    return Drawn(
        kind.name.replace("_", " "), changes, known.name if known else None, order, any_order
    )
