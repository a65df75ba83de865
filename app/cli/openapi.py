"""`cairn openapi`: writes the promise, or says whether it still holds."""

import importlib
import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli.failures import CommandFailed
from app.core.settings import Settings

PROMISE = Path("openapi/cairn.json")
EXAMPLES = Path("app/api/examples.json")


def openapi(
    check: Annotated[bool, typer.Option("--check", help="Only compare; fail on drift.")] = False,
    file: Annotated[Path, typer.Option(help="Where it is kept.")] = PROMISE,
    recorded: Annotated[
        Path | None, typer.Option(help="Folder of answers that a test run recorded.")
    ] = None,
) -> None:
    """Write the OpenAPI document, made without a database and whatever the settings."""
    if recorded is not None:
        gather_examples(recorded)
    made = document()
    if not check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made, encoding="utf-8")
        typer.echo(f"Wrote {file}.")
        return
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    if kept != made:
        raise CommandFailed(f"{file} is not what the application says; run `cairn openapi`")
    typer.echo(f"{file} is what the application says.")


def document() -> str:
    """The document as it is kept: two spaces, in the application's own order.

    The application is named as uvicorn names it, since commands do not import it.
    """
    application = importlib.import_module("app.main").build_app(Settings.model_construct())
    return json.dumps(application.app.openapi(), indent=2, ensure_ascii=False) + "\n"


def gather_examples(folder: Path) -> None:
    """Make recorded answers the document's examples: `operation.status` and `code.problem`."""
    answers: dict[str, dict[str, object]] = {}
    problems: dict[str, object] = {}
    for path in sorted(folder.iterdir()):
        name, _, kind = path.name.partition(".")
        body = json.loads(path.read_bytes())
        if kind == "problem":
            problems[name] = body
        else:
            answers.setdefault(name, {})[kind] = body
    found = {"answers": answers, "problems": problems}
    EXAMPLES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
