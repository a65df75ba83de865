"""Rows of the matrix about signing in: second factors, passkeys, sessions, step-up."""

from tests.authenticator import Authenticator
from tests.security.rows import ADMIN, ANYBODY, EVERYBODY, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene
from tests.signing_in import App, add_passkey, enrol
from tests.world import Person


def fresh(scene: Scene) -> Person:
    """The one who asks; whoever has factors from another cell begins again."""
    actor, sql = scene.actor, scene.world.sql
    for table in ("totp_secret", "passkey", "recovery_code"):
        sql(f"delete from {table} where account_id = %s", actor.id)  # noqa: S608
    sql("update auth_session set amr = '{pwd,otp}' where id = %s", actor.session_id)
    return actor


def _of_mine(**ids: str) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        fresh(scene)
        return Call(ids)

    return recipe


async def _confirm(scene: Scene) -> Call:
    fresh(scene)
    made = (await scene.by(scene.actor.role).post("/v1/me/totp")).json()
    return Call(json={"code": App(made["secret"]).code()})


async def _with_app(scene: Scene) -> Call:
    api = scene.world.as_token(fresh(scene).token)
    await enrol(api)
    await add_passkey(api)
    return Call()


async def _step_up(scene: Scene) -> Call:
    app, _ = await enrol(scene.world.as_token(fresh(scene).token))
    return Call(json={"otp": app.code()})


async def _with_passkey(scene: Scene) -> Call:
    await add_passkey(scene.world.as_token(fresh(scene).token))
    return Call()


async def _add_passkey(scene: Scene) -> Call:
    api = scene.world.as_token(fresh(scene).token)
    options = (await api.post("/v1/me/passkeys/options")).json()
    return Call(json={"name": SENTINEL, "credential": Authenticator().make(options)})


async def _remove_passkey(scene: Scene) -> Call:
    api = scene.world.as_token(fresh(scene).token)
    await add_passkey(api)
    _, added = await add_passkey(api)
    return Call({"passkey_id": str(added["id"])})


async def _session(scene: Scene) -> Call:
    actor = scene.actor
    found = scene.world.sql(
        "insert into auth_session (id, account_id, organisation_id, role, amr, auth_time,"
        " expires_at, seen_at) values (gen_random_uuid(), %s, %s, %s, '{pwd}', now(),"
        " now() + interval '1 hour', now()) returning id",
        actor.id,
        actor.school_id,
        actor.role.value,
    )
    return Call({"session_id": str(found[0][0])})


async def _switch(scene: Scene) -> Call:
    actor = scene.actor
    return Call(json={"organisation_id": str(actor.school_id), "role": actor.role.value})


async def _colleague(scene: Scene) -> Call:
    return Call({"staff_id": await scene.someone(R.STAFF)})


async def _reset(scene: Scene) -> Call:
    person = await scene.school.person(R.STAFF, SENTINEL)
    await enrol(scene.world.as_token(person.token))
    return Call({"staff_id": str(person.id)}, {"reason": f"{SENTINEL} came by"})


ROWS: dict[str, Row] = {
    "enrol_totp": Row(EVERYBODY, _of_mine(), foreign=None),
    "confirm_totp": Row(EVERYBODY, _confirm, foreign=409),
    "remove_totp": Row(EVERYBODY, _with_app, foreign=409),
    "renew_recovery_codes": Row(EVERYBODY, _with_app, foreign=409),
    "begin_step_up": Row(EVERYBODY, _with_passkey, foreign=409),
    "step_up": Row(EVERYBODY, _step_up, foreign=422),
    "begin_passkey_sign_in": Row(ANYBODY, plain()),
    "begin_passkey": Row(EVERYBODY, _of_mine(), foreign=None),
    "add_passkey": Row(EVERYBODY, _add_passkey, foreign=422),
    "list_passkeys": Row(EVERYBODY, _with_passkey, foreign=None),
    "remove_passkey": Row(EVERYBODY, _remove_passkey),
    "list_sessions": Row(EVERYBODY, plain(), foreign=None),
    "end_session": Row(EVERYBODY, _session),
    "end_other_sessions": Row(EVERYBODY, plain(), foreign=None),
    "switch_role": Row(EVERYBODY, _switch, foreign=403),
    "end_staff_sessions": Row(ADMIN, _colleague),
    "reset_second_factor": Row(ADMIN, _reset),
}
