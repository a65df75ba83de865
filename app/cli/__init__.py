"""The operator's commands: one file per group. Only what a command needs is loaded for it."""

import gc
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Final

import typer

COMMANDS: Final = {
    "serve": "serve:serve",
    "demo": "demo.command:app",
    "worker": "worker:worker",
    "migrate": "migrate:migrate",
    "doctor": "doctor:doctor",
    "found": "foundings:found_command",
    "openapi": "openapi:openapi",
    "states": "states:states",
    "audit": "audit:app",
    "backup": "backups.command:backup",
    "restore": "backups.command:restore",
    "export": "school_files.command:exports",
    "import": "imports:app",
    "import school": "school_files.command:import_one",
    "import past": "past_imports:past",
    "jobs": "jobs:app",
    "keys": "keys:app",
    "mail": "mail:app",
    "packet": "packet:app",
    "roster": "roster_pull:app",
    "school": "schools:app",
    "trust": "trusts:app",
}
"""Where each command or group is, in the order of `cairn --help`."""


def cairn(words: Sequence[str] = ()) -> typer.Typer:
    """The commands; where `words` name one of them, that one alone, which is loaded sooner."""
    import_module("app.domain.nouns")  # registers every kind, before any command asks
    app = typer.Typer(
        name="cairn",
        help="Cairn, an open safeguarding record for schools.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_group)
    groups = {"": app}
    for name in _named(words):
        module, _, attribute = COMMANDS[name].partition(":")
        result = getattr(import_module(f"app.cli.{module}"), attribute)
        above, _, last = name.rpartition(" ")
        if isinstance(result, typer.Typer):
            groups[above].add_typer(result, name=last)
            groups[name] = result
        else:
            groups[above].command(last)(result)
    return app


def _group() -> None:
    """Cairn, an open safeguarding record for schools."""


def _named(words: Sequence[str]) -> Iterator[str]:
    """The commands that a command line may mean: all, where it names none."""
    for name in COMMANDS:
        parts = name.split()
        if words and words[0] in COMMANDS and parts[0] != words[0]:
            continue
        given = words[1] if len(words) > 1 else "-"
        if len(parts) == 1 or given.startswith("-") or given == parts[1]:
            yield name


def main() -> None:
    """Run one command; whatever goes wrong is told in one sentence."""
    gc.disable()  # nothing that is loaded is garbage: looking through it takes half of the start
    try:
        app = cairn(sys.argv[1:])
        gc.freeze()
        gc.enable()
        app()
    except Exception as error:
        from app.cli.failures import sentence_of  # loads much, and is seldom needed

        typer.echo(f"Error: {sentence_of(error)}", err=True)
        sys.exit(1)
