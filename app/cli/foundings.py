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
    found_organisations,
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
        self.items: list[Founded] = []
        self._say = say

    def through(self, settings: Settings, file: Path) -> None:
        """Read, plan, do it, and say the result; never raises for a bad file."""
        try:
            command, read = command_of(file)
            asyncio.run(self._found_organisations(settings, command, read))
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
        if any(item.differences for item in self.items):
            self.exit = Exit.HELD
        self._say(self._ending())

    async def _found_organisations(
        self, settings: Settings, command: FoundingIn, read: FoundingFile
    ) -> None:
        url = needed(settings.database_url, "CAIRN_DATABASE_URL")
        database = Database(url, pool=1, application_name="cairn found")
        try:
            try:
                planned = await plan_founding(database, command)
            except ValidationFailed as refused:
                raise Refused(placed(read, refused.problems)) from None
            if self.dry_run:
                for item in planned:
                    self._note(item)
                return
            async for item in found_organisations(database, command):
                self._note(item)
        finally:
            await database.close()

    def _note(self, founded: Founded) -> None:
        self.items.append(founded)
        show(founded, self._say)

    def _ending(self) -> str:
        invited = sum(len(item.added) for item in self.items)
        open_ones = sum(len(item.differences) for item in self.items)
        changed = [item for item in self.items if item.state not in (UNCHANGED, HELD)]
        lines = [f"{len(changed)} organisations founded or added to, {invited} people"]
        if not changed:
            lines = ["Nothing to do: everything in the file is there already"]
        if open_ones:
            lines.append(f"{open_ones} differences are left to you")
        if self.dry_run:
            lines.append("dry run, so nothing was changed")
        elif invited:
            lines.append("invitations leave as soon as `cairn worker` runs")
        return "; ".join(lines) + "."

    def as_json(self) -> dict[str, Any]:
        """The one documented shape."""
        return {
            "state": self.exit.name.lower(),
            "dry_run": self.dry_run,
            "error": self.error,
            "problems": [
                {"line": fault.place.line, "column": fault.place.column, "code": fault.code,
                 "detail": fault.detail}
                for fault in self.faults
            ],
            "organisations": [
                {**asdict(item), "id": item.id and str(item.id)} for item in self.items
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
        text = f"{people.name}:{first.place.line}:{first.place.column} {first.detail}"
        raise CommandFailed(f"{text} `cairn found {people} --dry-run` lists every fault.") from None
    known = {name_key(name): urn for name, urn in urns.items()}
    schools = [
        school.model_copy(update={"urn": school.urn or known.get(name_key(school.name))})
        for school in whole.schools
        if name_key(school.name) in names
    ]
    lacking = set(names) - {name_key(school.name) for school in schools}
    if lacking:
        unnamed = ", ".join(names[item] for item in sorted(lacking))
        raise CommandFailed(f"{people.name} names nobody for: {unnamed}")
    command = whole.model_copy(update={"schools": schools})
    try:
        await plan_founding(database, command)
    except ValidationFailed as refused:
        first_problem = refused.problems[0]
        raise CommandFailed(f"{_whose(command, first_problem)}: {first_problem.detail}") from None
    trust = whole.trust.name
    if districts and name_key(trust) not in {name_key(district) for district in districts}:
        called = ", ".join(plain_text(district) for district in sorted(districts))
        say(f"The package calls the trust {called}; {people.name} has {plain_text(trust)}.")
    return command


async def found_schools(
    database: Database, ids: Mapping[str, UUID], command: FoundingIn
) -> dict[str, UUID]:
    """Found schools under these ids. Answers them: one that its trust has already keeps its own.

    Raises `CommandFailed`.
    """
    names, schools = {name_key(name): name for name in ids}, command.schools
    new = {school.name: ids[names[name_key(school.name)]] for school in schools}
    done = [entry async for entry in found_organisations(database, command, new)][1:]
    for entry in done:
        if entry.id is None:
            raise CommandFailed(f"{entry.name}: {sentence(entry.differences[0])}")
    there = zip(schools, done, strict=True)
    return {names[name_key(item.name)]: entry.id for item, entry in there if entry.id is not None}


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
        items = [{**item, "loc": ("body", *item["loc"])} for item in listed]
        raise Refused(placed(read, field_problems(items, read.content))) from None


def placed(read: FoundingFile, problems: Sequence[FieldProblem]) -> list[Fault]:
    """Problems of a file where they stand in it, from its beginning to its end."""
    faults = []
    for problem in problems:
        place: Place = read.place_of(problem.pointer)
        last = problem.pointer.rpartition("/")[2]
        text = SENTENCES.get(problem.code, problem.detail)
        missing = problem.code == "missing" and not last.isdigit()
        faults.append(Fault(place, problem.code, f"`{last}`: {text}" if missing else text))
    return sorted(faults)


def show(founded: Founded, say: Say) -> None:
    """One organisation of the file, as people read it."""
    known = f"  {founded.id}" if founded.id else ""
    say(f"{founded.state:<10}{founded.kind:<8}{plain_text(founded.name)}{known}")
    if founded.filled:
        say(f"          filled  {', '.join(founded.filled)}")
    for person in founded.added:
        say(f"          invite  {', '.join(person.roles)}  {person.email}")
    for difference in founded.differences:
        say(f"          differs {plain_text(sentence(difference))}")


def sentence(difference: Difference) -> str:
    """A difference, and who settles it."""
    if difference.what == "role":
        return ROLES[difference.in_cairn or ""].format(
            email=difference.email, role=difference.in_file
        )
    if difference.what == "school":
        return (
            f"School {difference.in_cairn}, outside of this trust, has this URN, or this name and "
            "one of these people. Two records of one school endanger children: settle which one "
            "it is."
        )
    whose = f"of {difference.email} " if difference.email else ""
    return (
        f"{difference.what} {whose}is {difference.in_cairn} in Cairn and {difference.in_file} in "
        "the file. Correct the file, or have it changed in Cairn."
    )
