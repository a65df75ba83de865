"""`cairn openapi`: writes the promise, or says whether it still holds and what it breaks."""

import importlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.failures import CommandFailed
from app.core.settings import Settings
from app.formats.contract_changes import breaks, undeclared
from app.formats.contract_files import APART, BY_TAG, joined, split

PROMISE = Path("openapi/cairn.json")
EXAMPLES = Path("app/api/examples.json")
DECLARED = Path("changes")
Made = tuple[str, str]
"""The descriptions of the API and of SCIM."""
"""Changelog fragments; those named `*.breaking.md` declare what breaks."""


def openapi(
    check: Annotated[bool, typer.Option("--check", help="Only compare; fail on drift.")] = False,
    file: Annotated[Path, typer.Option(help="Where it is kept.")] = PROMISE,
    recorded: Annotated[
        Path | None, typer.Option(help="Folder of answers that a test run recorded.")
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(
            help="An older description, or the folder of released ones: fail on what breaks its "
            "clients and is not declared."
        ),
    ] = None,
    declared: Annotated[Path, typer.Option(help="Folder of changelog fragments.")] = DECLARED,
) -> None:
    """Write the OpenAPI document, made without a database and whatever the settings."""
    if recorded is not None:
        gather_examples(recorded, file)
    made = documents()
    if diff is not None:
        tell_breaks(diff, made, declared)
    if diff is None and not check:
        write(file, made)
        typer.echo(f"Wrote {file}, {APART}, their index and a file for each tag.")
    if check:
        compare(file, made)


def write(file: Path, made: Made) -> None:
    """Write the documents and the files made from them; take away those of tags that are gone."""
    files = beside(file, made)
    for stale in set(file.parent.glob(f"{BY_TAG}/*.json")) - files.keys():
        stale.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def compare(file: Path, made: Made) -> None:
    """Say that the files are what the application says. Raises `CommandFailed` where not."""
    files = beside(file, made)
    saved = {path: path.read_text(encoding="utf-8") for path in files if path.exists()}
    stale = set(file.parent.glob(f"{BY_TAG}/*.json")) - files.keys()
    if wrong := sorted({path for path in files if saved.get(path) != files[path]} | stale):
        raise CommandFailed(
            f"{', '.join(map(str, wrong))}: not what the application says; run `cairn openapi`"
        )
    typer.echo(f"{file}, {APART}, their index and the files by tag are what the application says.")


def beside(file: Path, made: Made) -> dict[Path, str]:
    """Each file with its text: the documents, their index and one for each tag."""
    parts = {APART: made[1], **split(*map(json.loads, made))}
    return {file: made[0], **{file.parent / name: text for name, text in parts.items()}}


def tell_breaks(old: Path, made: Made, declared: Path) -> None:
    """Say each break for a client of an older description; that of SCIM stands in `scim/`.

    Raises `CommandFailed` where a break is in no fragment `*.breaking.md`: it names the operation
    or the schema in backticks.
    """
    released = newest(old) if old.is_dir() else old
    if released is None:
        typer.echo("Nothing is released yet: there is no older description to compare with.")
        return
    items = [
        item
        for file, now in zip(
            (released, released.parent / "scim" / released.name), made, strict=True
        )
        if file.exists()
        for item in breaks(json.loads(file.read_text(encoding="utf-8")), json.loads(now))
    ]
    fragments = sorted(declared.glob("*.breaking.md"))
    bare = undeclared(
        items, "".join(fragment.read_text(encoding="utf-8") for fragment in fragments)
    )
    for item in items:
        typer.echo(f"{'Undeclared' if item in bare else 'Declared'}: {item}")
    if bare:
        raise CommandFailed(
            f"clients of {released.stem} break on {len(bare)} changes that no fragment "
            f"{declared}/*.breaking.md declares"
        )
    typer.echo(f"Clients of {released.stem} break on nothing that is not declared.")


def newest(folder: Path) -> Path | None:
    """The description of the latest version that was released."""
    by_version = {
        tuple(int(part) for part in file.stem.split(".")): file for file in folder.glob("*.json")
    }
    return by_version[max(by_version)] if by_version else None


def documents() -> Made:
    """The documents as they are kept: two spaces, in the application's own order.

    The application is named as uvicorn names it, since commands do not import it.
    """
    app = importlib.import_module("app.main").build_app(Settings.model_construct()).app
    of_api, of_scim = (
        json.dumps(item, indent=2, ensure_ascii=False) + "\n"
        for item in (app.openapi(), app.state.describe_scim())
    )
    return of_api, of_scim


def gather_examples(folder: Path, file: Path) -> None:
    """Make what was recorded the examples: `operation.status`, `operation.request`, `code.problem`.

    What a part of the tests did not record stays as it was, but for operations that are gone.
    """
    content: dict[str, dict[str, Any]] = json.loads(EXAMPLES.read_bytes())
    answers, bodies, problems = content["answers"], content.get("bodies", {}), content["problems"]
    saved = (json.loads(item.read_bytes()) for item in (file, file.parent / APART))
    known = operation_ids(joined(*saved))
    answers = {name: answer for name, answer in answers.items() if name in known}
    bodies = {name: body for name, body in bodies.items() if name in known}
    for path in sorted(folder.iterdir()):
        name, _, kind = path.name.partition(".")
        body = json.loads(path.read_bytes())
        if kind == "problem":
            problems[name] = body
        elif kind == "request":
            bodies[name] = body
        else:
            answers.setdefault(name, {})[kind] = body
    parts = {"answers": answers, "bodies": bodies, "problems": problems}
    ordered = {part: dict(sorted(examples.items())) for part, examples in parts.items()}
    EXAMPLES.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def operation_ids(description: dict[str, Any]) -> set[str]:
    """The names of all operations of a description."""
    methods = description["paths"].values()
    return {operation["operationId"] for method in methods for operation in method.values()}
