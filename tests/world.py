"""Makes schools and people for tests, and speaks to the API as any of them.

The school is the fixture: each test makes a new one, commits for real as the
application's role, and cleans nothing.
"""

import os
import secrets
import sys
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import orjson
import psycopg
from sqlalchemy.engine import make_url

from app.api.runtime import Runtime
from app.core import clock
from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.migrate import migrate
from app.db.models import Child, Organisation, SchoolRole, ServiceKey
from app.db.unit_of_work import UnitOfWork, open_work
from tests.answers import description

sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
"""Known to be missing: httpx would look through the whole path for it at every request."""

EVERY_ROLE = tuple(
    role
    for role in Role
    if role not in (Role.SYSTEM, Role.SERVICE_KEY, Role.CUSTOM, Role.RECIPIENT)
)
PASSWORD = "quiet otters row past midnight"
ADD_PEOPLE = """
with added as (
  select * from jsonb_to_recordset($4::jsonb) as
    p(id uuid, name text, email text, role text, membership_id uuid, session_id uuid)),
accounts as (
  insert into account (id, email, created_at) select id, email, $2::timestamptz from added),
colleagues as (
  insert into staff (school_id, id, name, email, created_at, changed_at, accepted_at)
  select $1::uuid, id, name, email, $2, $2, $2 from added),
memberships as (
  insert into membership (school_id, id, staff_id, role, valid_from, created_at, cohort)
  select $1, membership_id, id, role, $3::date, $2, $5::jsonb from added)
insert into auth_session (id, account_id, organisation_id, role, amr, auth_time, created_at,
                          seen_at, expires_at)
select session_id, id, $1, role, '{pwd,otp}', $2, $2, $2, $2 + interval '12 hours' from added
"""
"""Accounts, staff, memberships and sessions: nearly every test makes a school of people."""
ADD_NAMES = """
with of_child as (
  insert into child_name_token (school_id, id, token)
  select $1::uuid, $2::uuid, unnest($3::text[]))
insert into name_token (school_id, id, token)
select $1, n.id, n.token from unnest($4::uuid[], $5::text[]) as n(id, token)
where not exists (select from name_token k where k.school_id = $1 and k.token = n.token)
"""


@cache
def template(admin_url: str) -> str:
    """The name of a migrated database of a server, which nobody uses but to copy it."""
    name = f"cairn_template_{secrets.token_hex(4)}"
    create(admin_url, name)
    migrate(urls_of(admin_url, name)[0])
    return name


def create(admin_url: str, name: str, copied: str = "") -> None:
    """Create a database, empty or as a copy."""
    url = make_url(admin_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f'create database "{name}"' + (f' template "{copied}"' if copied else "")
        )


def urls_of(admin_url: str, name: str) -> tuple[str, str]:
    """The owner's and the application's URL of a database."""
    owner = make_url(admin_url).set(database=name, drivername="postgresql")
    app = owner.set(username=f"app_{name}", password=secrets.token_hex(8))
    return owner.render_as_string(False), app.render_as_string(False)


def planned_once(owner_url: str, app_url: str) -> tuple[str, str]:
    """The URLs, where the application's statements are planned once and not for their values.

    Tests run each statement a few times, in small schools: planning it afresh each time is most of
    what the server does. `tests/contract/test_plans.py` looks at plans in large ones.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            f'alter role "{make_url(app_url).username}" set plan_cache_mode = force_generic_plan'
        )
    return owner_url, app_url


def by_the_clock(statement: str) -> str:
    """A statement whose `now()` and `current_date` are those of the clock, not of the server."""
    now = clock.now()
    return statement.replace("now()", f"'{now.isoformat()}'::timestamptz").replace(
        "current_date", f"'{clock.day_of(now)}'::date"
    )


@dataclass
class Person:
    """Somebody with an account and one role in a school."""

    id: UUID
    name: str
    email: str
    role: Role
    school_id: UUID
    token: str = ""
    session_id: UUID | None = None
    defined: str | None = None
    """The name of a role the school defined, which they hold instead of `role`."""

    @property
    def role_name(self) -> str:
        """The name of the role they hold."""
        return self.defined or self.role.value


class Api:
    """The API as one person sees it; every answer is held against the description."""

    def __init__(self, world: "World", token: str | None) -> None:
        self._world = world
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request; `key=` adds an Idempotency-Key, `version=` an If-Match."""
        headers = {**self._headers, **options.pop("headers", {})}
        if (key := options.pop("key", None)) is not None:
            headers["Idempotency-Key"] = key
        if (version := options.pop("version", None)) is not None:
            headers["If-Match"] = f'"{version}"'
        if method == "PATCH" and "json" in options:
            headers.setdefault("Content-Type", "application/merge-patch+json")
        response = await self._world.http.request(method, path, headers=headers, **options)
        self._world.description.judge(response)
        return response

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        """POST a JSON body."""
        if json is not None:
            options["json"] = json
        return await self.request("POST", path, **options)

    async def patch(self, path: str, json: Any, **options: Any) -> httpx.Response:
        """PATCH with a merge patch."""
        return await self.request("PATCH", path, json=json, **options)


@dataclass
class School:
    """A school of a test, with its people by role."""

    world: "World"
    id: UUID
    name: str
    people: dict[Role, Person] = field(default_factory=dict)
    filled: dict[Role, tuple[str, str]] = field(default_factory=dict)
    """A child and a concern with something of everything, by reporter: `security/filled.py`."""

    def __getitem__(self, role: Role) -> Person:
        return self.people[role]

    def api(self, role: Role) -> Api:
        """The API as this school's person in a role."""
        return Api(self.world, self.people[role].token)

    @property
    def staff(self) -> Api:
        """The API as a teacher."""
        return self.api(Role.STAFF)

    @property
    def lead(self) -> Api:
        """The API as the designated safeguarding lead."""
        return self.api(Role.DSL)

    async def person(self, role: Role, name: str | None = None) -> Person:
        """One more signed-in person of this school."""
        return await self.world.a_person(self.id, role, name)

    async def role(self, slug: str, *permissions: str, **content: Any) -> UUID:
        """A role this school defined; `content` has its classes and whether it is for a cohort."""
        return await self.world.a_role(self.id, slug, permissions, **content)

    async def holder(self, slug: str, name: str | None = None, **cohort: list[str]) -> Person:
        """One more signed-in person, with a role this school defined."""
        return await self.world.a_person(self.id, Role.CUSTOM, name, slug, cohort)

    async def child(self, given: str = "Alex", family: str = "Marsh", **columns: Any) -> UUID:
        """A child on roll."""
        return await self.world.a_child(self.id, given, family, **columns)


class World:
    """The application under test."""

    def __init__(self, application: Any, runtime: Runtime, *, owner_url: str) -> None:
        self.application = application
        self.runtime = runtime
        self.owner_url = owner_url
        self.made_for: dict[UUID, str] = {}
        """Which test made each school, for whoever finds something amiss in one."""
        self._named: set[tuple[UUID, str]] = set()
        self._owner: psycopg.Connection[Any] | None = None
        self.description = description()
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(application, raise_app_exceptions=False),
            base_url="http://cairn.test",
        )

    @staticmethod
    def new_database(admin_url: str, prepare: Callable[[str, str], None]) -> tuple[str, str]:
        """Create and prepare a database; the owner's and the application's URL of it.

        What is to be migrated is copied from one that was, which takes a tenth of the time.
        """
        copied = template(admin_url) if prepare is migrate else ""
        name = f"cairn_{secrets.token_hex(4)}"
        create(admin_url, name, copied)
        urls = urls_of(admin_url, name)
        prepare(*urls)
        return urls

    @property
    def anybody(self) -> Api:
        """The API without a token."""
        return Api(self, None)

    def as_token(self, token: str) -> Api:
        """The API with any token."""
        return Api(self, token)

    def work(self, school_id: UUID) -> Any:
        """A unit of work of the system in a school."""
        return open_work(self.runtime.database, Actor.system(school_id))

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Run SQL as the owner and superuser, outside every policy.

        In it `now()` and `current_date` are the test's own: see `by_the_clock`.
        """
        statement = by_the_clock(statement)
        try:
            return self._as_owner(statement, values)
        except psycopg.OperationalError:
            if self._owner is None or not self._owner.closed:
                raise  # the statement was refused
        return self._as_owner(statement, values)  # a test has cut the connection

    def version(self, table: str, id_: object) -> int:
        """The present version of a row."""
        rows = self.sql(f"select version from {table} where id = %s", id_)  # noqa: S608
        number: int = rows[0][0]
        return number

    def _as_owner(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        if self._owner is None or self._owner.closed:
            url = make_url(self.owner_url).set(drivername="postgresql").render_as_string(False)
            self._owner = psycopg.connect(url, autocommit=True, prepare_threshold=None)
            weakref.finalize(self, self._owner.close)
        cursor = self._owner.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    async def a_school(
        self,
        roles: Iterable[Role] = EVERY_ROLE,
        *,
        name: str | None = None,
        kind: str = "school",
    ) -> School:
        """A new school, or trust, with a signed-in person in each role."""
        school = School(self, new_id(), name or f"School {secrets.token_hex(3)}")
        now = clock.now()
        async with self.work(school.id) as work:
            work.organisations.add(
                Organisation(
                    id=school.id, kind=kind, name=school.name, created_at=now, changed_at=now
                )
            )
            await work.session.flush()
            made = [self._new_person(school.id, role) for role in roles]
            school.people = {person.role: person for person in made}
            if made:
                await self._add_people(work, made)
            work.record(AuditEvent.SCHOOL_CREATED, "school", school.id)
        self.made_for[school.id] = os.environ.get("PYTEST_CURRENT_TEST", "no test")
        return school

    async def a_role(
        self, school_id: UUID, slug: str, permissions: Iterable[str], **content: Any
    ) -> UUID:
        """A role a school defined."""
        role_id, now = new_id(), clock.now()
        defaults: dict[str, Any] = {"classes": [], "cohort_classes": [], "cohort_only": False}
        async with self.work(school_id) as work:
            work.roles.add(
                SchoolRole(
                    school_id=school_id, id=role_id, slug=slug, label=f"Our {slug}",
                    permissions=sorted(permissions), created_by=NIL, created_at=now,
                    changed_at=now, **(defaults | content),
                )
            )  # fmt: skip
            work.record(AuditEvent.ROLE_DEFINED, "role", role_id)
        return role_id

    async def a_person(
        self,
        school_id: UUID,
        role: Role,
        name: str | None = None,
        defined: str | None = None,
        cohort: dict[str, list[str]] | None = None,
    ) -> Person:
        """One more signed-in person; `defined` is a role the school defined."""
        async with self.work(school_id) as work:
            person = self._new_person(school_id, role, name, defined)
            await self._add_people(work, [person], cohort)
            work.record(AuditEvent.STAFF_ADDED, "staff", person.id)
        return person

    def _new_person(
        self, school_id: UUID, role: Role, name: str | None = None, defined: str | None = None
    ) -> Person:
        id_ = new_id()
        return Person(
            id=id_,
            name=name or f"{role.value.replace('_', ' ').title()} {secrets.token_hex(2)}",
            email=f"{role.value}.{id_.hex[-10:]}@example.org",
            role=role,
            school_id=school_id,
            session_id=new_id(),
            defined=defined,
        )

    async def _add_people(
        self, work: UnitOfWork, people: list[Person], cohort: dict[str, list[str]] | None = None
    ) -> None:
        """Accounts, staff, memberships and sessions of people, in one statement."""
        now = clock.now()
        rows = [
            {
                "id": str(one.id), "name": one.name, "email": one.email, "role": one.role_name,
                "membership_id": str(new_id()), "session_id": str(one.session_id),
            }
            for one in people
        ]  # fmt: skip
        driver = await work.driver()
        await driver.write(
            ADD_PEOPLE, people[0].school_id, now, now.date() - timedelta(days=1),
            orjson.dumps(rows).decode(), orjson.dumps(cohort or {}).decode(),
        )  # fmt: skip
        for person in people:
            person.token = self.token_of(person)

    async def a_service_key(
        self,
        school_id: UUID,
        *scopes: Permission,
        networks: Iterable[str] = (),
        roster_sources: Iterable[str] = (),
    ) -> tuple[UUID, str]:
        """A live service key of a school: its id, and an access token of it.

        One that answers referrals is of the agency that was added last, or of one made here.
        """
        key_id, now = new_id(), clock.now()
        agency_id = self._an_agency(school_id) if Permission.REFERRAL_ANSWER in scopes else None
        async with self.work(school_id) as work:
            work.staff.add(
                ServiceKey(
                    school_id=school_id, id=key_id, name="A program", agency_id=agency_id,
                    scopes=[scope.value for scope in scopes], networks=list(networks),
                    roster_sources=list(roster_sources), secret_hash=secrets.token_bytes(32),
                    created_by=NIL, created_at=now, changed_at=now,
                )
            )  # fmt: skip
            work.record(AuditEvent.SERVICE_KEY_ADDED, "service_key", key_id)
        token = self.runtime.tokens.issue(
            sub=key_id, sid=key_id, org=school_id, role=Role.SERVICE_KEY.value,
            scope=tuple(scope.value for scope in scopes), amr=(), auth_time=now,
        )  # fmt: skip
        return key_id, token

    def _an_agency(self, school_id: UUID) -> UUID:
        """The agency added last, or one made here."""
        found = self.sql(
            "select id from agency where school_id = %s order by created_at desc, id desc limit 1",
            school_id,
        )
        if found:
            return UUID(str(found[0][0]))
        made = self.sql(
            "insert into agency (school_id, id, name, kind, route, created_at, changed_at)"
            " values (%s, %s, 'Front door', 'social_care', 'phoned', now(), now()) returning id",
            school_id, new_id(),
        )  # fmt: skip
        return UUID(str(made[0][0]))

    def token_of(self, person: Person) -> str:
        """A fresh access token of a person's session."""
        assert person.session_id is not None
        return self.runtime.tokens.issue(
            sub=person.id, sid=person.session_id, org=person.school_id, role=person.role_name,
            scope=("cairn",), amr=("pwd", "otp"), auth_time=clock.now(),
        )  # fmt: skip

    async def set_password(self, person: Person, password: str = PASSWORD) -> None:
        """Give a person a password."""
        hashed = await self.runtime.passwords.hash(password)
        async with self.work(person.school_id) as work:
            (await work.accounts.get(person.id)).password_hash = hashed

    async def a_child(self, school_id: UUID, given: str, family: str, **columns: Any) -> UUID:
        """A child on roll, findable by name."""
        now = clock.now()
        child_id = new_id()
        defaults = {
            "date_of_birth": date(2014, 3, 9),
            "year_group": "7",
            "registration_group": "7A",
        }
        async with self.work(school_id) as work:
            work.children.add(
                Child(
                    school_id=school_id, id=child_id, legal_given_name=given,
                    legal_family_name=family, sort_name=f"{family.lower()} {given.lower()}",
                    created_at=now, changed_at=now, **(defaults | columns),
                )
            )  # fmt: skip
            driver = await work.driver()
            names = sorted({given.lower(), family.lower()})
            fresh = [name for name in names if (school_id, name) not in self._named]
            self._named.update((school_id, name) for name in fresh)
            await driver.write(
                ADD_NAMES, school_id, child_id, names, [new_id() for _ in fresh], fresh
            )
            work.record(AuditEvent.CHILD_ADDED, "child", child_id, child_id=child_id)
        return child_id
