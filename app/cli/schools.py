"""`cairn school`: founding schools and trusts."""

import asyncio
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import typer

from app.cli.failures import CommandFailed, needed
from app.core.addresses import is_address
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.vocabularies import VOCABULARIES
from app.core.words import Actor, Role
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.people.schools.commands import CreateSchool, FirstPerson, create_school, same_school
from app.domain.people.schools.commands import appoint as give_role
from app.domain.people.schools.commands import dismiss as end_role
from app.domain.people.staff_sign_in.commands import reset_second_factor as reset_factors

app = typer.Typer(help="Schools and trusts.", no_args_is_help=True)


TITLES = {term.code: term.label for term in VOCABULARIES["roles"].terms}


@app.callback()
def school() -> None:
    """Schools and trusts."""


@app.command()
def create(  # noqa: PLR0913, PLR0917 - one option each
    name: Annotated[str, typer.Argument(help="The school's name.")],
    admin_email: Annotated[str, typer.Option(help="Who manages its staff and settings.")],
    lead_email: Annotated[str, typer.Option(help="Its designated safeguarding lead.")],
    head_email: Annotated[str | None, typer.Option(help="Its headteacher.")] = None,
    chair_email: Annotated[str | None, typer.Option(help="Its chair of governors.")] = None,
    admin_name: Annotated[str, typer.Option()] = "School administrator",
    lead_name: Annotated[str, typer.Option()] = TITLES[Role.DSL],
    head_name: Annotated[str, typer.Option()] = TITLES[Role.HEADTEACHER],
    chair_name: Annotated[str, typer.Option()] = TITLES[Role.CHAIR_OF_GOVERNORS],
    trust: Annotated[UUID | None, typer.Option(help="Id of the trust it belongs to.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Found another school of a name these people know.")
    ] = False,
) -> None:
    """Found a school with its first people, and invite them by email."""
    people = _people(
        [
            (lead_email, lead_name, Role.DSL),
            (admin_email, admin_name, Role.SCHOOL_ADMIN),
            (head_email, head_name, Role.HEADTEACHER),
            (chair_email, chair_name, Role.CHAIR_OF_GOVERNORS),
        ]
    )
    if not all(is_address(person.email) for person in people):
        raise CommandFailed("--admin-email, --lead-email and the like take plain email addresses")
    school_id = new_id()
    command = CreateSchool(name, people, trust_id=trust)
    result = asyncio.run(_create(Settings(), school_id, command, again=again))
    typer.echo(f"school  {school_id}")
    for person in people:
        roles = ", ".join(person.roles)
        typer.echo(f"person  {result[person.email]}  {roles}  {person.email}")
    typer.echo("Invitations leave as soon as `cairn worker` runs.")


@app.command()
def appoint(
    school_id: Annotated[UUID, typer.Argument(help="The school's id.")],
    email: Annotated[str, typer.Argument(help="Who holds the role from today.")],
    role: Annotated[str, typer.Option(help="The role to give.")],
    name: Annotated[str | None, typer.Option(help="Their name, where they are new.")] = None,
) -> None:
    """Give somebody a role, where nobody in the school can."""
    if not is_address(email):
        raise CommandFailed("EMAIL has to be a plain email address")
    if role not in FOR_PEOPLE:
        raise CommandFailed(f"--role takes one of {', '.join(FOR_PEOPLE)}")
    person = FirstPerson(email, name or TITLES[role], (role,))
    result = asyncio.run(_appoint(Settings(), school_id, person))
    typer.echo(f"person  {result}  {role}  {email}")
    typer.echo("Whoever is new gets an invitation as soon as `cairn worker` runs.")


@app.command()
def dismiss(
    school_id: Annotated[UUID, typer.Argument(help="The school's id.")],
    email: Annotated[str, typer.Argument(help="Who holds the role no longer, from now on.")],
    role: Annotated[str, typer.Option(help="The role to end.")],
    hand_over_to: Annotated[str | None, typer.Option(help="Who takes over open work.")] = None,
) -> None:
    """End somebody's role. The others who watch over it hear when a lead, head or chair goes."""
    asyncio.run(_dismiss(Settings(), school_id, (email, hand_over_to), role))
    typer.echo(f"{email} is {role} no longer; sessions in that role have ended.")


@app.command()
def reset_second_factor(
    school_id: Annotated[UUID, typer.Argument(help="A school they work in.")],
    email: Annotated[str, typer.Argument(help="Who lost phone, passkeys and recovery codes.")],
    reason: Annotated[str, typer.Option(help="How you made sure who asks.")],
) -> None:
    """Remove every second factor of somebody; they, and the school's leads and heads, are told.

    For people who work in several organisations, whose accounts no administrator may open alone.
    """
    asyncio.run(_reset(Settings(), school_id, email, reason))
    typer.echo(f"{email} signs in without a second factor, and enrols a new one.")


async def _reset(settings: Settings, school_id: UUID, email: str, reason: str) -> None:
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=1)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            account = await work.accounts.by_email(email.strip())
            if account is None:
                raise CommandFailed(f"Nobody has the address {email}")
            await reset_factors(work, account.id, reason)
    finally:
        await database.close()


async def _dismiss(
    settings: Settings, school_id: UUID, people: tuple[str, str | None], role: str
) -> None:
    """`people` are the addresses of who goes and of who takes over."""
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=1)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            leaver = await _account(work, people[0])
            receiver = await _account(work, people[1]) if people[1] else None
            await end_role(work, leaver, role, receiver)
    finally:
        await database.close()


async def _account(work: UnitOfWork, email: str) -> UUID:
    account = await work.accounts.by_email(email.strip())
    if account is None:
        raise CommandFailed(f"Nobody has the address {email}")
    return account.id


async def _appoint(settings: Settings, school_id: UUID, person: FirstPerson) -> UUID:
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=1)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            return await give_role(work, person)
    finally:
        await database.close()


def _people(wanted: Iterable[tuple[str | None, str, Role]]) -> tuple[FirstPerson, ...]:
    """The first people with their roles; one of an address that is named twice is one person."""
    result: dict[str, FirstPerson] = {}
    for email, name, role in wanted:
        if email is None:
            continue
        known = result.get(email.lower(), FirstPerson(email, name, ()))
        result[email.lower()] = FirstPerson(known.email, known.name, (*known.roles, role))
    return tuple(result.values())


async def _create(
    settings: Settings, school_id: UUID, command: CreateSchool, *, again: bool
) -> dict[str, UUID]:
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=1)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            known = None if again else await same_school(work, command)
            if known is not None:
                raise CommandFailed(
                    f"these people have a school of this name already, {known}; "
                    "--again founds another one"
                )
            return await create_school(work, command)
    finally:
        await database.close()
