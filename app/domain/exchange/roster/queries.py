"""A roster, read once and sorted by school: what each school compares with its own records."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from app.db.repositories.exchange.roster_staging import (
    Batch,
    Place,
    StagedAccount,
    StagedAgent,
    StagedIdentifier,
    StagedPerson,
)
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.rules import Shared
from app.domain.record.children.rules import as_seen, plain_address
from app.formats.identifiers import CheckedIdentifier, IdentifierProblem, check_upn
from app.formats.rosters.problems import LISTED, Problem, Report
from app.formats.rosters.rows import ClassRow, EnrollmentRow, RoleRow, UserRow
from app.formats.rosters.source import RosterSource
from app.formats.rosters.words import CONTACT_ROLES

BATCH = 2_000
NAME, WORD, NUMBER = 300, 100, 200


class Staging:
    """Content of a package about one school.

    `problems` holds errors about a person beyond the format; `elsewhere` counts the people of other
    schools, `left_out` those who were read and are not used.
    """

    def __init__(self, school: rules.School, *, only: bool, shared: Shared) -> None:
        self.school, self._only, self._shared = school.source_id, only, shared
        self.problems = Report()
        self.elsewhere = self.left_out = 0
        self.offered = 0
        self.content = 0
        """An order-independent sum over the staged rows: equal sums mean equal content."""
        self._position = 0
        self._batch = Batch()
        self._places: dict[str, Place] = {}
        self._homerooms: dict[str, str] = {}
        self.roles: dict[str, list[str]] = {}
        self.ended: set[str] = set()

    def take(self, done: int) -> Batch:
        """Take what was staged since the last call."""
        taken, self._batch = self._batch, Batch()
        taken.done = done
        return taken

    def add_class(self, room: ClassRow) -> None:
        """A class of the school: homerooms give their pupils a group."""
        if room.class_type == "homeroom" and room.title:
            self._homerooms[room.sourced_id] = room.title[:WORD]

    def add_seat(self, seat: EnrollmentRow) -> None:
        """A place in a class of the school."""
        if seat.status != "active" or seat.role != "student" or not seat.user_id:
            return
        if self._shared.has_come(seat.end_date):
            return
        place = self._places.setdefault(seat.user_id, Place())
        if seat.begin_date and (place.begins is None or seat.begin_date < place.begins):
            place.begins = seat.begin_date
        place.group = self._homerooms.get(seat.class_id or "", place.group)

    def add_user(self, row: UserRow) -> None:
        """A person who may be one of the school."""
        self.offered += 1
        self._stage(row)

    def _stage(self, row: UserRow) -> None:
        if row.status != "active":
            self._add(row, rules.GONE)
            return
        role = self._role_of(row)
        kind = rules.KIND_OF_ROLE.get(role or "")
        if role is None and row.sourced_id in self.ended | self._shared.ended:
            self._add(row, rules.GONE)
            return
        if role is None or (kind != rules.CONTACT and not self._is_here(row)):
            self.elsewhere += 1
            return
        if kind == rules.CHILD:
            self._stage_child(row)
        elif kind == rules.STAFF:
            self._stage_staff(row)
        elif kind == rules.CONTACT:
            self._add(
                row, kind, name=rules.full_name(row.given_name, row.family_name),
                email=self._contact_email(row), phone=_phone(row),
                contact_kind=CONTACT_ROLES[role],
            )  # fmt: skip
        else:
            if kind is None:
                self._problem("users.csv", row.line, "roster.role_unknown", "role")
            self._add(row, rules.OTHER)
        self._batch.agents.extend(StagedAgent(row.sourced_id, agent) for agent in row.agent_ids)
        self._sum("agents", row.sourced_id, *row.agent_ids)

    def _contact_email(self, row: UserRow) -> str | None:
        """A contact's address in its normal form; an invalid one is left out."""
        result = plain_address(row.email) if row.email else None
        if row.email and result is None:
            self._problem("users.csv", row.line, "roster.contact_email", row.email_column)
        return _cut(result, NAME)

    def _role_of(self, row: UserRow) -> str | None:
        """The person's role at this school; None without one here."""
        if row.role is not None:
            return row.role
        parent = self._shared.parents.get(row.sourced_id, ())
        return rules.chosen_role((*self.roles.get(row.sourced_id, ()), *parent))

    def _is_here(self, row: UserRow) -> bool:
        if row.sourced_id in self.roles:
            return True
        return self.school in row.org_ids or (self._only and not row.org_ids)

    def _stage_child(self, row: UserRow) -> None:
        numbers = self._numbers(row)
        born, sex = self._shared.born.get(row.sourced_id, (None, None))
        place = self._places.get(row.sourced_id, Place())
        given, family = _cut(row.given_name, NAME) or "", _cut(row.family_name, NAME) or ""
        known = _cut(row.preferred_given_name, NAME), _cut(row.preferred_family_name, NAME)
        position = self._add(
            row, rules.CHILD, numbers,
            given=given,
            family=family,
            middle=_cut(row.middle_name, NAME),
            known_given=known[0],
            known_family=known[1],
            date_of_birth=born,
            sex=sex,
            year_group=rules.year_group(row.grades),
            registration_group=place.group,
            begins=place.begins,
        )  # fmt: skip
        if also_at := self._also_at(row):
            self._batch.people[-1] = self._batch.people[-1]._replace(also_at=also_at)
            self._sum("also_at", row.sourced_id, *also_at)
        self._batch.identifiers.extend(
            StagedIdentifier(position, system, value) for system, value in numbers
        )
        accounts = rules.accounts_of(row.email, row.username, row.user_ids)
        self._batch.accounts.extend(StagedAccount(position, *account) for account in accounts)
        self._sum("accounts", row.sourced_id, *accounts)

    def _also_at(self, row: UserRow) -> list[str]:
        """The other schools of the package that a pupil is at as well, by name."""
        ids = {*row.org_ids, *self._shared.at.get(row.sourced_id, ())} - {self.school}
        return sorted(self._shared.schools[id_] for id_ in ids if id_ in self._shared.schools)

    def _numbers(self, row: UserRow) -> tuple[tuple[str, str], ...]:
        """The row's own id, the UPN where one passes its check, and the sender's number.

        A number that is a UPN but for its check letter is neither.
        """
        numbers = [("oneroster", row.sourced_id)] if self._shared.by_id else []
        upn = next((v for k, v in row.extra.items() if k.casefold() == "upn"), None)
        checked = check_upn(upn or row.identifier or "")
        if isinstance(checked, CheckedIdentifier):
            numbers.append(("upn", checked.text))
        elif upn:
            self._problem("users.csv", row.line, "roster.upn_invalid", "metadata.upn")
        elif checked == IdentifierProblem.UPN_CHECK_LETTER_WRONG:
            self._problem("users.csv", row.line, "roster.upn_invalid", "identifier")
            return tuple(numbers)
        if row.identifier and (upn or not isinstance(checked, CheckedIdentifier)):
            numbers.append(("mis_id", row.identifier[:NUMBER]))
        return tuple(numbers)

    def _stage_staff(self, row: UserRow) -> None:
        email = rules.usable_address(row.email)
        if row.enabled is False or email is None:
            if row.enabled is not False:
                self._problem("users.csv", row.line, "roster.email_missing", "email")
            self._add(row, rules.OTHER)
            return
        given = row.preferred_given_name or row.given_name
        name = rules.full_name(given, row.preferred_family_name or row.family_name)
        self._add(row, rules.STAFF, name=name, email=email, phone=_phone(row))

    def _add(
        self, row: UserRow, kind: str, numbers: tuple[tuple[str, str], ...] = (), **facts: Any
    ) -> int:
        """Stage a person; returns the position."""
        self._position += 1
        self.left_out += kind == rules.OTHER
        row_hash = rules.row_hash(facts | dict(numbers))
        person = StagedPerson(self._position, row.line, kind, row.sourced_id, row_hash, **facts)
        self._batch.people.append(person)
        self._sum(kind, row.sourced_id, row_hash, str(facts.get("begins")))
        return self._position

    def _sum(self, *parts: Any) -> None:
        self.content = (self.content + rules.number_of(parts)) % rules.SUMS

    def _problem(self, file: str, line: int, code: str, column: str | None) -> None:
        self.problems.add(rules.problem_of(self._shared.source, file, line, code, column))


class Sorting:
    """Reads a package once, in the order of its files' references, for all of some schools.

    `problems` holds errors of the package, or of a row of none of the schools.
    """

    def __init__(
        self, parsed: RosterSource, schools: Sequence[rules.School], today: date,
        offered: Sequence[rules.School],
    ) -> None:  # fmt: skip
        self._parsed = parsed
        only = len(offered) == 1
        self._shared = Shared(
            today, parsed, by_id=parsed.format in ("oneroster", "sds"),
            schools={} if only else {item.source_id: item.name for item in offered},
        )  # fmt: skip
        self.stagings = [Staging(school, only=only, shared=self._shared) for school in schools]
        self._by = {staging.school: staging for staging in self.stagings}
        self._at: dict[str, list[Staging]] = {}
        self._near: dict[str, set[str]] = {}
        self._faults: dict[int, list[Problem]] = {}
        self._complete = parsed.complete
        self.problems = Report()
        for org in rules.districts_of(parsed):
            if org.sourced_id not in self._by:
                self._problem("orgs.csv", org.line, "roster.trust_not_made", "type")

    @property
    def until(self) -> date | None:
        """First day on which the same package has another meaning; known once it was read."""
        return self._shared.until

    def steps(self) -> Iterator[int]:
        """Yield how many rows were read so far, every few thousand rows and at the end."""
        done = self._parsed.sizes.get("orgs", 0)
        for step in (self._classes, self._seats, self._births, self._roles, self._users):
            for _ in step():
                done += 1
                if done % BATCH == 0:
                    yield done
        self.problems.extend(self._parsed.take_problems())
        yield done

    def _classes(self) -> Iterator[None]:
        for room in self._parsed.classes():
            if staging := self._by.get(room.school_id or ""):
                staging.add_class(room)
            yield

    def _seats(self) -> Iterator[None]:
        for seat in self._parsed.enrollments():
            if staging := self._by.get(seat.school_id or ""):
                staging.add_seat(seat)
            yield

    def _births(self) -> Iterator[None]:
        for row in self._parsed.demographics():
            if row.status == "active":
                born = row.birth_date
                self._shared.has_come(born)
                if not rules.likely_birth_date(born, self._shared.today):
                    code = "roster.birth_date_unlikely"
                    self._problem("demographics.csv", row.line, code, "birthDate")
                    born = None
                self._shared.born[row.sourced_id] = (born, rules.SEXES.get(row.sex or ""))
            yield

    def _roles(self) -> Iterator[None]:
        for row in self._parsed.roles():
            if row.user_id and row.role:
                self._role(row, row.user_id, row.role)
            yield

    def _problem(
        self, file: str, line: int, code: str, column: str, holder: Report | None = None
    ) -> None:
        problem = rules.problem_of(self._parsed, file, line, code, column)
        (holder or self.problems).add(problem)

    def _role(self, row: RoleRow, user_id: str, role: str) -> None:
        """Record a role: parents have one wherever their children are, others at one organisation.

        A role marked as deleted has ended at its organisation only.
        """
        has_ended = self._shared.has_come(row.end_date) or row.status != "active"
        if not has_ended and row.org_id in self._shared.schools:
            self._shared.at.setdefault(user_id, []).append(row.org_id)
        if rules.KIND_OF_ROLE.get(role) == rules.CONTACT:
            problems = self.problems
            if has_ended:
                self._shared.ended.add(user_id)
            else:
                self._shared.parents.setdefault(user_id, []).append(role)
        elif staging := self._by.get(row.org_id or ""):
            problems = staging.problems
            self._at.setdefault(user_id, []).append(staging)
            if has_ended:
                staging.ended.add(user_id)
            else:
                staging.roles.setdefault(user_id, []).append(role)
        else:
            return
        if has_ended and row.status == "active":
            self._problem("roles.csv", row.line, "roster.role_ended", "endDate", problems)

    def _users(self) -> Iterator[None]:
        self.problems.extend(self._parsed.take_problems())
        if len(self.stagings) > 1:
            self._look_around()
        total = 0
        for row in self._parsed.users():
            total += 1
            targets = self._targets(row)
            self._route(row.line, targets)
            for staging in targets:
                staging.add_user(row)
            yield
        for staging in self.stagings:
            staging.elsewhere += total - staging.offered
        self._let_go()

    def _route(self, line: int, targets: Sequence[Staging]) -> None:
        """Add a row's errors to its school; without one, to the package."""
        self._take_faults()
        for holder in targets or (self,):
            holder.problems.extend(self._faults.get(line, ()))
        self._faults.pop(line, None)

    def _take_faults(self) -> None:
        """Collect the reader's errors: it reports each row once, however often it is read."""
        for problem in self._parsed.take_problems():
            self._faults.setdefault(problem.line, []).append(problem)
        if len(self._faults) > LISTED:
            self._let_go()

    def _let_go(self) -> None:
        """Move errors of lines without a row to the package."""
        for left in self._faults.values():
            self.problems.extend(left)
        self._faults.clear()

    def _look_around(self) -> None:
        """Find each person's schools and those of the people they name; a parent alone has none."""
        for row in self._parsed.users():
            if row.status == "active":
                for staging in self._own(row):
                    self._near.setdefault(row.sourced_id, set()).add(staging.school)
                    for agent in row.agent_ids:
                        self._near.setdefault(agent, set()).add(staging.school)
        self._take_faults()

    def _targets(self, row: UserRow) -> Sequence[Staging]:
        """The schools a row may matter to."""
        if len(self.stagings) == 1 or row.status != "active":
            return self.stagings
        is_parent = row.sourced_id in self._shared.parents.keys() | self._shared.ended
        if row.role is not None:
            is_parent = rules.KIND_OF_ROLE.get(row.role) == rules.CONTACT
        items = {item.school for item in self._own(row)}
        if is_parent:
            items |= self._near.get(row.sourced_id, set())
            for agent in row.agent_ids:
                if agent not in self._near and not self._complete:
                    return self.stagings
                items |= self._near.get(agent, set())
        return [self._by[item] for item in sorted(items)]

    def _own(self, row: UserRow) -> list[Staging]:
        """The schools at which someone has a place themselves."""
        if row.role is not None:
            if rules.KIND_OF_ROLE.get(row.role) == rules.CONTACT:
                return []
            return [self._by[org_id_] for org_id_ in row.org_ids if org_id_ in self._by]
        return self._at.get(row.sourced_id, [])


def _cut(text: str | None, limit: int) -> str | None:
    return text[:limit] if text else None


def _phone(row: UserRow) -> str | None:
    return _cut(as_seen(row.phone or row.sms or ""), WORD)
