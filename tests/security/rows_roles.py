"""Staff, roles, invitations and cover: who may, and a valid request for each."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import Organisation, Staff
from app.domain.people.address_changes.commands import new_link
from app.domain.people.passwords.commands import new_invitation
from tests.security.rows import ADMIN, ANYBODY, EVERYBODY, IN_SCHOOL, SIGNERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

SEE_STAFF = IN_SCHOOL | {R.CHAIR_OF_GOVERNORS}
GRANTERS = SIGNERS | ADMIN
DEFINERS = ADMIN | {R.DSL}


async def _add_staff(_scene: Scene) -> Call:
    email = f"{SENTINEL}.{new_id().hex[-8:]}@example.org"
    return Call(json={"name": SENTINEL, "email": email, "roles": ["staff"]})


async def _staff(scene: Scene) -> Call:
    return Call({"staff_id": str(scene.school[R.STAFF].id)})


async def _change_staff(scene: Scene) -> Call:
    staff = await scene.someone(R.STAFF)
    return Call({"staff_id": staff}, {"job_title": SENTINEL}, version=scene.version("staff", staff))


async def _invite_staff(scene: Scene) -> Call:
    staff = await scene.someone(R.STAFF)
    scene.world.sql("update staff set accepted_at = null where id = %s", staff)
    return Call({"staff_id": staff})


async def _add_membership(scene: Scene) -> Call:
    return Call({"staff_id": await scene.someone(R.STAFF)}, {"role": "governor"})


async def _end_membership(scene: Scene) -> Call:
    staff = await scene.someone(R.STAFF)
    rows = scene.world.sql("select id from membership where staff_id = %s", staff)
    return Call({"staff_id": staff, "membership_id": str(rows[0][0])}, {}, version=1)


async def _organisation(scene: Scene) -> str:
    """Another organisation that asks the actor to join."""
    there = new_id()
    async with scene.world.work(there) as work:
        work.organisations.add(
            Organisation(
                id=there, kind="school", name="There", created_at=work.now, changed_at=work.now
            )
        )
        await work.session.flush()
        work.staff.add(
            Staff(
                school_id=there, id=scene.actor.id, name=SENTINEL, email=scene.actor.email,
                created_at=work.now, changed_at=work.now,
            )
        )  # fmt: skip
        work.record(AuditEvent.STAFF_ADDED, "staff", scene.actor.id)
    return str(there)


async def _invited(scene: Scene) -> Call:
    return Call({"organisation_id": await _organisation(scene)})


async def _invitations(scene: Scene) -> Call:
    await _organisation(scene)
    return Call()


async def _accept_link(scene: Scene) -> Call:
    there = UUID(await _organisation(scene))
    await scene.world.set_password(scene.actor)
    async with scene.world.work(there) as work:
        token, _ = await new_invitation(work, scene.actor.id)
    return Call(json={"token": token})


def _reach_changed(scene: Scene) -> dict[str, Any]:
    """Others have said that the actor is reached elsewhere."""
    email = f"{SENTINEL.lower()}.{new_id().hex[-8:]}@example.org"
    scene.world.sql(
        "update staff set new_email = %s, reach_changed_at = now() - interval '1 minute'"
        " where school_id = %s and id = %s",
        email, scene.actor.school_id, scene.actor.id,
    )  # fmt: skip
    return {"email": email, "phone": None}


async def _answer_reach(scene: Scene) -> Call:
    return Call(json=_reach_changed(scene))


async def _reach_link(scene: Scene) -> Call:
    _reach_changed(scene)
    async with scene.world.work(scene.actor.school_id) as work:
        link = await new_link(work, scene.actor.id)
    assert link is not None
    return Call(json={"token": link.secret})


def _slug() -> str:
    return f"watch_{new_id().hex[-12:]}"


async def _define_role(_scene: Scene) -> Call:
    return Call(json={"slug": _slug(), "label": SENTINEL, "permissions": ["child:search"]})


def _role(body: Any = None) -> Recipe:
    """A role the school defined, and what is done with it."""

    async def recipe(scene: Scene) -> Call:
        role = str(await scene.school.role(_slug(), "child:search"))
        scene.made.add(role)
        if body is None:
            return Call({"role_id": role})
        return Call({"role_id": role}, body, version=scene.version("school_role", role))

    return recipe


async def _set_cover(scene: Scene) -> Call:
    today = clock.now().date()
    return Call(json={
        "away_id": await scene.someone(R.DEPUTY_DSL),
        "valid_from": str(today),
        "valid_to": str(today + timedelta(days=3)),
        "covered_by_ids": [await scene.someone(R.DEPUTY_DSL)],
        "uncovered_reason": SENTINEL,
    })  # fmt: skip


async def _end_cover(scene: Scene) -> Call:
    body = (await _set_cover(scene)).json
    found = await scene.made_by(scene.lead, "/v1/cover", body)
    return Call({"cover_id": found["id"]}, {}, version=1)


async def _covered(scene: Scene) -> Call:
    """Cover from tomorrow: meanwhile nobody's work is sent another way."""
    tomorrow = str(clock.now().date() + timedelta(days=1))
    body = (await _set_cover(scene)).json | {"valid_from": tomorrow}
    await scene.made_by(scene.lead, "/v1/cover", body)
    return Call()


COVER_SETTERS = GRANTERS | {R.DEPUTY_DSL}
ROWS = {
    "list_staff": Row(SEE_STAFF, plain(), foreign=None),
    "get_staff": Row(SEE_STAFF, _staff),
    "list_memberships": Row(SEE_STAFF, _staff),
    "add_staff": Row(ADMIN, _add_staff, foreign=None),
    "update_staff": Row(ADMIN, _change_staff),
    "invite_staff": Row(ADMIN, _invite_staff),
    "add_membership": Row(GRANTERS, _add_membership, narrower=True),
    "end_membership": Row(GRANTERS, _end_membership, narrower=True),
    "list_my_invitations": Row(EVERYBODY, _invitations, foreign=None),
    "accept_my_invitation": Row(EVERYBODY, _invited),
    "decline_my_invitation": Row(EVERYBODY, _invited),
    "accept_invitation": Row(ANYBODY, _accept_link),
    "confirm_my_reach": Row(EVERYBODY, _answer_reach, foreign=409),
    "decline_my_reach": Row(EVERYBODY, _answer_reach, foreign=409),
    "confirm_reach": Row(ANYBODY, _reach_link),
    "list_permissions": Row(SEE_STAFF, plain(), foreign=None),
    "list_roles": Row(SEE_STAFF, plain(), foreign=None),
    "get_role": Row(SEE_STAFF, _role()),
    "define_role": Row(DEFINERS, _define_role, foreign=None, once=True),
    "update_role": Row(DEFINERS, _role({"label": SENTINEL})),
    "end_role": Row(DEFINERS, _role({})),
    "list_cover": Row(SEE_STAFF, _covered, foreign=None),
    "list_on_duty": Row(SEE_STAFF, plain(), foreign=None),
    "set_cover": Row(COVER_SETTERS, _set_cover, foreign=422),
    "end_cover": Row(COVER_SETTERS, _end_cover),
}
