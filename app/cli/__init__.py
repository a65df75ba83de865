"""The operator's commands: one file per group, mounted here."""

import sys

import typer

from app.cli import doctor, imports, jobs, keys, migrate, openapi, schools, serve
from app.cli.demo.command import demo
from app.cli.failures import sentence_of

app = typer.Typer(
    name="cairn",
    help="Cairn, an open safeguarding record for schools.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo)
app.command("jobs")(jobs.jobs)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)
app.command("openapi")(openapi.openapi)
app.add_typer(imports.app, name="import")
app.add_typer(keys.app, name="keys")
app.add_typer(schools.app, name="school")


def main() -> None:
    """Run one command; whatever goes wrong is told in one sentence."""
    try:
        app()
    except Exception as error:
        typer.echo(f"Error: {sentence_of(error)}", err=True)
        sys.exit(1)
