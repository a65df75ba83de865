"""`cairn school`: founding schools and trusts."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from app.cli.failures import CommandFailed, needed
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Actor, Role
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.schools.commands import CreateSchool, FirstPerson, create_school, same_school
from app.domain.staff.rules import is_address

app = typer.Typer(help="Schools and trusts.", no_args_is_help=True)


@app.callback()
def school() -> None:
    """Schools and trusts."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The school's name.")],
    admin_email: Annotated[str, typer.Option(help="Who manages its staff and settings.")],
    lead_email: Annotated[str, typer.Option(help="Its designated safeguarding lead.")],
    admin_name: Annotated[str, typer.Option()] = "School administrator",
    lead_name: Annotated[str, typer.Option()] = "Designated safeguarding lead",
    trust: Annotated[UUID | None, typer.Option(help="Id of the trust it belongs to.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Found another school of a name these people know.")
    ] = False,
) -> None:
    """Found a school with its administrator and lead, and invite both by e-mail."""
    if not (is_address(admin_email) and is_address(lead_email)):
        raise CommandFailed("--admin-email and --lead-email have to be plain e-mail addresses")
    people = _people(admin_email, admin_name, lead_email, lead_name)
    school_id = new_id()
    wish = CreateSchool(name, people, trust_id=trust)
    found = asyncio.run(_create(Settings(), school_id, wish, again=again))
    typer.echo(f"school  {school_id}")
    for person in people:
        roles = ", ".join(person.roles)
        typer.echo(f"person  {found[person.email]}  {roles}  {person.email}")
    typer.echo("Invitations leave as soon as `cairn jobs` runs.")


def _people(
    admin_email: str, admin_name: str, lead_email: str, lead_name: str
) -> tuple[FirstPerson, ...]:
    """The two first people, who are one person where the addresses are the same."""
    if admin_email.lower() == lead_email.lower():
        return (FirstPerson(lead_email, lead_name, (Role.DSL, Role.SCHOOL_ADMIN)),)
    return (
        FirstPerson(admin_email, admin_name, (Role.SCHOOL_ADMIN,)),
        FirstPerson(lead_email, lead_name, (Role.DSL,)),
    )


async def _create(
    settings: Settings, school_id: UUID, wish: CreateSchool, *, again: bool
) -> dict[str, UUID]:
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=1)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            known = None if again else await same_school(work, wish)
            if known is not None:
                raise CommandFailed(
                    f"these people have a school of this name already, {known}; "
                    "--again founds another one"
                )
            return await create_school(work, wish)
    finally:
        await database.close()
