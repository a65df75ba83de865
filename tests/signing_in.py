"""Ways to sign in, to enrol second factors and to prove oneself, for tests of all of them."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson

from app.core import clock
from app.core.words import Role
from app.domain.people.second_factors import rules
from tests.authenticator import Authenticator
from tests.world import PASSWORD, Api, Person, School, World

PASSKEY_GRANT = "urn:cairn:params:oauth:grant-type:passkey"
STEP = timedelta(seconds=rules.PERIOD_SECONDS)


async def sign_in(
    world: World, email: str, password: str = PASSWORD, **fields: str
) -> httpx.Response:
    """Ask for a token by a password."""
    form = {"grant_type": "password", "username": email, "password": password, **fields}
    return await world.anybody.request("POST", "/v1/auth/token", data=form)


async def signed_in(world: World, person: Person, **fields: str) -> dict[str, Any]:
    """A token by a password that has to work."""
    answer = await sign_in(world, person.email, **fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refresh(world: World, token: str) -> httpx.Response:
    """Ask for the next token of a session."""
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await world.anybody.request("POST", "/v1/auth/token", data=form)


async def status_of_me(world: World, access_token: str) -> int:
    """Whether a token still opens anything."""
    return (await world.as_token(access_token).get("/v1/me")).status_code


def works_at(world: World, school: School, staff_id: UUID, role: Role) -> None:
    """Have somebody of another school work at this one, too."""
    world.sql(
        "insert into staff (school_id, id, name, email, created_at, changed_at, accepted_at) "
        "values (%s, %s, 'Sam', 's@example.org', now(), now(), now())",
        school.id, staff_id,
    )  # fmt: skip
    world.sql(
        "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
        "values (%s, gen_random_uuid(), %s, %s, current_date - 1, now())",
        school.id, staff_id, role,
    )  # fmt: skip


class App:
    """A person's authenticator app."""

    def __init__(self, secret: str) -> None:
        padded = secret + "=" * (-len(secret) % 8)
        self.secret = base64.b32decode(padded)

    def code(self, steps: int = 0) -> str:
        """The present code, or one some time steps away."""
        return rules.code_at(self.secret, rules.step_at(clock.now()) + steps)


async def enrol(api: Api) -> tuple[App, dict[str, Any]]:
    """Enrol an app; the app and what confirming it answered."""
    made = await api.post("/v1/me/totp")
    assert made.status_code == 200, made.text
    app = App(made.json()["secret"])
    with clock.frozen(clock.now()):  # the code must not turn a step older on its way
        done = await api.post("/v1/me/totp/confirm", {"code": app.code(-1)})
    assert done.status_code == 200, done.text
    return app, done.json()


async def add_passkey(
    api: Api, passkey: Authenticator | None = None, name: str = "phone"
) -> tuple[Authenticator, dict[str, Any]]:
    """Add a passkey; it and what adding it answered."""
    passkey = passkey or Authenticator()
    options = (await api.post("/v1/me/passkeys/options")).json()
    done = await api.post("/v1/me/passkeys", {"name": name, "credential": passkey.make(options)})
    assert done.status_code == 201, done.text
    return passkey, done.json()


async def use_passkey(
    world: World, passkey: Authenticator, options: dict[str, Any] | None = None, **fields: str
) -> httpx.Response:
    """Ask for a token by a passkey."""
    if options is None:
        options = (await world.anybody.post("/v1/auth/passkeys/options")).json()
    return await send_credential(world, passkey.use(options), **fields)


async def send_credential(
    world: World, credential: dict[str, Any], **fields: str
) -> httpx.Response:
    """Ask for a token with what a passkey answered."""
    form = {"grant_type": PASSKEY_GRANT, "credential": orjson.dumps(credential).decode(), **fields}
    return await world.anybody.request("POST", "/v1/auth/token", data=form)


def prove_by_password_only(world: World, person: Person) -> None:
    """Make the person's session one that was begun with a password alone."""
    world.sql("update auth_session set amr = '{pwd}' where id = %s", person.session_id)


def age(world: World, person: Person, **by: int) -> None:
    """Make the last proof of the person's session older."""
    world.sql(
        "update auth_session set auth_time = auth_time - %s where id = %s",
        timedelta(**by), person.session_id,
    )  # fmt: skip


def jobs_of(world: World, person: Person) -> list[str]:
    """What the person is to be told by mail."""
    rows = world.sql(
        "select args->>'what' from procrastinate_jobs where task_name = 'account.tell' "
        "and args->>'account_id' = %s order by id",
        str(person.id),
    )
    return [what for (what,) in rows]


def verbs_about(world: World, person: Person) -> list[str]:
    """What the trail says the person did."""
    rows = world.sql("select verb from trail where actor_id = %s order by seq", person.id)
    return [verb for (verb,) in rows]
