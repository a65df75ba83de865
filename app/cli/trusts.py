"""`cairn trust`: founding a trust with its administrator."""

import asyncio
from typing import Annotated

import typer

from app.cli.failures import CommandFailed, needed
from app.core.addresses import is_address
from app.core.ids import NIL, new_id
from app.core.settings import Settings
from app.core.words import Actor, Role
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.people.foundings.commands import find_trust
from app.domain.people.schools.commands import CreateSchool, FirstPerson, create_school

app = typer.Typer(help="Trusts.", no_args_is_help=True)


@app.callback()
def trust() -> None:
    """Trusts."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The trust's name.")],
    admin_email: Annotated[str, typer.Option(help="Who founds its schools and manages its staff.")],
    admin_name: Annotated[str, typer.Option()] = "Trust administrator",
    lead_email: Annotated[str | None, typer.Option(help="Safeguarding lead there.")] = None,
    lead_name: Annotated[str, typer.Option()] = "Trust safeguarding lead",
) -> None:
    """Found a trust with its administrator, and invite them by email."""
    people = [FirstPerson(admin_email, admin_name, (Role.SCHOOL_ADMIN.value,))]
    if lead_email is not None:
        people.append(FirstPerson(lead_email, lead_name, (Role.TRUST_LEAD.value,)))
    if not all(is_address(person.email) for person in people):
        raise CommandFailed("--admin-email and --lead-email take plain email addresses")
    if len({person.email.casefold() for person in people}) < len(people):
        raise CommandFailed("one person administers the trust, another leads its safeguarding")
    command = CreateSchool(name, people, kind="trust")
    typer.echo(f"trust   {asyncio.run(_create(Settings(), command))}")
    for person in people:
        typer.echo(f"person  {', '.join(person.roles)}  {person.email}")
    typer.echo("Invitations leave as soon as `cairn worker` runs.")


async def _create(settings: Settings, command: CreateSchool) -> str:
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=1)
    try:
        async with open_work(database, Actor.system(NIL)) as work:
            await work.organisations.hold_founding()
            there = await find_trust(work, command.name)
            if there is not None:
                raise CommandFailed(f"there is a trust of this name already, {there.id}")
            trust_id = new_id()
            await work.rescope(Actor.system(trust_id))
            await create_school(work, command)
            return str(trust_id)
    finally:
        await database.close()
