"""`cairn found`: a trust, its schools and their people from one file, as often as one likes."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from pydantic import ValidationError

from app.api.problems import field_problems
from app.cli.exits import Exit
from app.cli.failures import NO_DATABASE, CommandFailed, needed, plain_text, sentence_of
from app.cli.here import settings_here
from app.core.settings import Settings
from app.db.faults import fault_of
from app.db.session import Database
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.foundings.commands import (
    HELD,
    UNCHANGED,
    Founded,
    found,
    plan_founding,
)
from app.domain.people.foundings.rules import Difference
from app.domain.people.foundings.schemas import FoundingIn
from app.domain.people.schools.rules import name_key
from app.formats.founding import Fault, FoundingFile, Place, read_founding

SENTENCES: Final = {
    "string_pattern_mismatch": "This is no plain email address. Write it as name@example.org.",
    "too_short": "Nothing is given here. Give at least one role.",
    "missing": "This is missing. Give it.",
    "extra_forbidden": "Nobody reads this. Remove it, or correct its name.",
}
ROLES: Final = {
    "role_ended": "{email} held {role} until it was ended: `cairn school appoint` gives it again.",
    "declined": "{email} declined to join: ask them, then `cairn school appoint` with {role}.",
    "removed": "{email} left this staff, so {role} was not given.",
    "suspended": "{email} is suspended here, so {role} was not given.",
}
Say = Callable[[str], None]


class Refused(Exception):
    """A file cannot be taken; nothing was done."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__()
        self.faults = faults


def found_command(
    file: Annotated[Path, typer.Argument(help="A CSV or JSON file: docs/founding.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it and change nothing.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer one JSON object on standard output.")
    ] = False,
) -> None:
    """Found a trust with its schools and first people, and invite them by email.

    The same file again changes nothing. A changed one adds what is new, and shows what differs.
    Ends with 0 when done, 2 when something is left to a person, 3 when refused, 4 when the
    database does not answer.
    """
    run = Run(dry_run, (lambda _: None) if as_json else typer.echo)
    run.through(settings_here(), file)
    if as_json:
        typer.echo(json.dumps(run.as_json(), ensure_ascii=False, indent=2))
    raise typer.Exit(run.exit)


class Run:
    """One run of the command, and its result."""

    def __init__(self, dry_run: bool, say: Say) -> None:
        self.dry_run = dry_run
        self.exit = Exit.DONE
        self.faults: Sequence[Fault] = ()
        self.error: str | None = None
        self.found: list[Founded] = []
        self._say = say

    def through(self, settings: Settings, file: Path) -> None:
        """Read, plan, do it, and say the result; never raises for a bad file."""
        try:
            command, read = command_of(file)
            asyncio.run(self._found(settings, command, read))
        except Refused as refused:
            self.exit, self.faults = Exit.REFUSED, refused.faults
            for fault in self.faults:
                line, column = fault.place
                self._say(f"{file.name}:{line}:{column} {fault.code} {fault.detail}")
            self._say("Refused: nothing was changed.")
            return
        except Exception as error:
            away = fault_of(error) is not None
            self.exit = Exit.UNREACHABLE if away else Exit.REFUSED
            self.error = NO_DATABASE if away else sentence_of(error)
            self._say(f"Error: {self.error}")
            self._say("What was founded before stays. Repeat the command: it goes on from there.")
            return
        if any(one.differences for one in self.found):
            self.exit = Exit.HELD
        self._say(self._ending())

    async def _found(self, settings: Settings, command: FoundingIn, read: FoundingFile) -> None:
        url = needed(settings.database_url, "CAIRN_DATABASE_URL")
        database = Database(url, pool=1, application_name="cairn found")
        try:
            try:
                planned = await plan_founding(database, command)
            except ValidationFailed as refused:
                raise Refused(placed(read, refused.problems)) from None
            if self.dry_run:
                for one in planned:
                    self._note(one)
                return
            async for one in found(database, command):
                self._note(one)
        finally:
            await database.close()

    def _note(self, one: Founded) -> None:
        self.found.append(one)
        show(one, self._say)

    def _ending(self) -> str:
        invited = sum(len(one.added) for one in self.found)
        open_ones = sum(len(one.differences) for one in self.found)
        changed = [one for one in self.found if one.state not in (UNCHANGED, HELD)]
        said = [f"{len(changed)} organisations founded or added to, {invited} people"]
        if not changed:
            said = ["Nothing to do: everything in the file is there already"]
        if open_ones:
            said.append(f"{open_ones} differences are left to you")
        if self.dry_run:
            said.append("dry run, so nothing was changed")
        elif invited:
            said.append("invitations leave as soon as `cairn worker` runs")
        return "; ".join(said) + "."

    def as_json(self) -> dict[str, Any]:
        """The one documented shape."""
        return {
            "state": self.exit.name.lower(),
            "dry_run": self.dry_run,
            "error": self.error,
            "problems": [
                {"line": one.place.line, "column": one.place.column, "code": one.code,
                 "detail": one.detail}
                for one in self.faults
            ],
            "organisations": [
                {**asdict(one), "id": one.id and str(one.id)} for one in self.found
            ],
        }  # fmt: skip


async def check_schools(
    database: Database,
    wanted: Sequence[str],
    urns: Mapping[str, str | None],
    people: Path | None,
    districts: Collection[str],
    say: Say,
) -> FoundingIn:
    """How schools of these names are founded with the people that a founding file names.

    They belong to the trust of that file; where the package calls it otherwise, that is said.
    A school has its URN from that file, or from `urns`. Raises `CommandFailed`.
    """
    names = {name_key(name): name for name in wanted}
    if people is None:
        raise CommandFailed(
            f"Nobody is named for: {', '.join(wanted)}. Give --people FILE with an administrator, "
            "a safeguarding lead and a headteacher for each (docs/founding.md)."
        )
    try:
        whole, _ = command_of(people)
    except Refused as refused:
        first = refused.faults[0]
        said = f"{people.name}:{first.place.line}:{first.place.column} {first.detail}"
        raise CommandFailed(f"{said} `cairn found {people} --dry-run` lists every fault.") from None
    told = {name_key(name): urn for name, urn in urns.items()}
    schools = [
        one.model_copy(update={"urn": one.urn or told.get(name_key(one.name))})
        for one in whole.schools
        if name_key(one.name) in names
    ]
    lacking = set(names) - {name_key(one.name) for one in schools}
    if lacking:
        unnamed = ", ".join(names[one] for one in sorted(lacking))
        raise CommandFailed(f"{people.name} names nobody for: {unnamed}")
    command = whole.model_copy(update={"schools": schools})
    try:
        await plan_founding(database, command)
    except ValidationFailed as refused:
        first_problem = refused.problems[0]
        raise CommandFailed(f"{_whose(command, first_problem)}: {first_problem.detail}") from None
    trust = whole.trust.name
    if districts and name_key(trust) not in {name_key(one) for one in districts}:
        called = ", ".join(plain_text(one) for one in sorted(districts))
        say(f"The package calls the trust {called}; {people.name} has {plain_text(trust)}.")
    return command


async def found_schools(
    database: Database, ids: Mapping[str, UUID], command: FoundingIn
) -> dict[str, UUID]:
    """Found schools under these ids. Answers them: one that its trust has already keeps its own.

    Raises `CommandFailed`.
    """
    names, schools = {name_key(name): name for name in ids}, command.schools
    new = {one.name: ids[names[name_key(one.name)]] for one in schools}
    done = [one async for one in found(database, command, new)][1:]
    for one in done:
        if one.id is None:
            raise CommandFailed(f"{one.name}: {sentence(one.differences[0])}")
    there = zip(schools, done, strict=True)
    return {names[name_key(said.name)]: one.id for said, one in there if one.id is not None}


def _whose(command: FoundingIn, problem: FieldProblem) -> str:
    """The organisation that a problem is about."""
    parts = problem.pointer.split("/")
    named = command.schools[int(parts[2])] if parts[1] == "schools" else command.trust
    return str(named.name)


def command_of(file: Path) -> tuple[FoundingIn, FoundingFile]:
    """What a file asks for. Raises `Refused` with every fault and its place."""
    try:
        read = read_founding(file.read_bytes())
    except OSError:
        raise CommandFailed(f"{file} cannot be read: is there such a file?") from None
    if read.faults:
        raise Refused(read.faults)
    try:
        return FoundingIn.model_validate(read.content), read
    except ValidationError as error:
        listed = error.errors(include_input=False, include_url=False)
        found = [{**one, "loc": ("body", *one["loc"])} for one in listed]
        raise Refused(placed(read, field_problems(found, read.content))) from None


def placed(read: FoundingFile, problems: Sequence[FieldProblem]) -> list[Fault]:
    """Problems of a file where they stand in it, from its beginning to its end."""
    faults = []
    for one in problems:
        place: Place = read.place_of(one.pointer)
        last = one.pointer.rpartition("/")[2]
        said = SENTENCES.get(one.code, one.detail)
        missing = one.code == "missing" and not last.isdigit()
        faults.append(Fault(place, one.code, f"`{last}`: {said}" if missing else said))
    return sorted(faults)


def show(one: Founded, say: Say) -> None:
    """One organisation of the file, as people read it."""
    say(f"{one.state:<10}{one.kind:<8}{plain_text(one.name)}{f'  {one.id}' if one.id else ''}")
    if one.filled:
        say(f"          filled  {', '.join(one.filled)}")
    for person in one.added:
        say(f"          invite  {', '.join(person.roles)}  {person.email}")
    for difference in one.differences:
        say(f"          differs {plain_text(sentence(difference))}")


def sentence(one: Difference) -> str:
    """A difference, and who settles it."""
    if one.what == "role":
        return ROLES[one.in_cairn or ""].format(email=one.email, role=one.in_file)
    if one.what == "school":
        return (
            f"School {one.in_cairn}, outside of this trust, has this URN, or this name and one of "
            "these people. Two records of one school endanger children: settle which one it is."
        )
    whose = f"of {one.email} " if one.email else ""
    return (
        f"{one.what} {whose}is {one.in_cairn} in Cairn and {one.in_file} in the file. Correct the "
        "file, or have it changed in Cairn."
    )
