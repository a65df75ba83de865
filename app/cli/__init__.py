"""The operator's commands: one file per group, mounted here."""

import sys

import typer

from app.cli import (
    audit,
    doctor,
    foundings,
    imports,
    jobs,
    keys,
    migrate,
    openapi,
    packet,
    past_imports,
    roster_pull,
    schools,
    serve,
    states,
    trusts,
    worker,
)
from app.cli.backups import command as backups
from app.cli.demo import command as demo
from app.cli.failures import sentence_of
from app.cli.school_files import command as school_files

app = typer.Typer(
    name="cairn",
    help="Cairn, an open safeguarding record for schools.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.add_typer(demo.app, name="demo")
app.command("worker")(worker.worker)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)
app.command("found")(foundings.found_command)
app.command("openapi")(openapi.openapi)
app.command("states")(states.states)
app.add_typer(audit.app, name="audit")
app.add_typer(backups.backup, name="backup")
app.add_typer(backups.restore, name="restore")
app.add_typer(school_files.exports, name="export")
imports.app.command("school")(school_files.import_one)
imports.app.command("past")(past_imports.past)
app.add_typer(imports.app, name="import")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")
app.add_typer(packet.app, name="packet")
app.add_typer(roster_pull.app, name="roster")
app.add_typer(schools.app, name="school")
app.add_typer(trusts.app, name="trust")


def main() -> None:
    """Run one command; whatever goes wrong is told in one sentence."""
    try:
        app()
    except Exception as error:
        typer.echo(f"Error: {sentence_of(error)}", err=True)
        sys.exit(1)
