"""The last lead and the last administrator of a school stay, whatever would remove them."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

import app.domain
from app.core import clock
from app.core.words import Role
from app.domain.errors import Conflict
from app.domain.people.schools.commands import dismiss
from tests.api.people.test_provisioning_holds import SILENCES, path_of
from tests.api.scim import Provider, a_provider
from tests.api.staffing import membership_of
from tests.provisioning import map_to
from tests.world import Person, School, World

LAST = {Role.DSL: "last_lead", Role.SCHOOL_ADMIN: "last_administrator"}
Remover = Callable[[World, Provider, Person, Role], Awaitable[str | None]]
"""Try to remove a person; returns the code of the refusal, None where it answers yes."""


def _by_program(name: str) -> Remover:
    async def act(world: World, provider: Provider, person: Person, role: Role) -> str | None:
        answer = await SILENCES[name](provider, await path_of(provider, person), person)
        assert answer.status_code == 409, answer.text
        return "last_lead" if "safeguarding lead" in answer.json()["detail"] else LAST[role]

    return act


def _by_group(what: str) -> Remover:
    async def act(world: World, provider: Provider, person: Person, role: Role) -> str | None:
        user = (await path_of(provider, person)).removeprefix("/Users/")
        group = await provider.group(None, user)
        await map_to(provider.school, group, role.value)
        world.sql(
            "update membership set group_member_id ="
            " (select id from scim_group_member where staff_id = %s) where staff_id = %s",
            person.id, person.id,
        )  # fmt: skip
        path = f"/Groups/{group['id']}"
        if what == "leave":
            one = {"op": "remove", "path": f'members[value eq "{user}"]'}
            assert (await provider.patch(path, one)).status_code < 300
        elif what == "delete":
            assert (await provider.send("DELETE", path)).status_code == 204
        else:
            await map_to(provider.school, group, None)
        return None

    return act


async def _by_operator(world: World, provider: Provider, person: Person, role: Role) -> str | None:
    with pytest.raises(Conflict) as refused:
        async with world.work(provider.school.id) as work:
            await dismiss(work, person.id, role.value, None)
    return refused.value.code


async def _by_one_whose_time_is_up(
    world: World, provider: Provider, person: Person, role: Role
) -> str | None:
    """Another holder, but only until a day, ends the role now and on a later day."""
    school, until = provider.school, clock.now().date() + timedelta(days=9)
    other = await school.person(role)
    world.sql("update membership set valid_to = %s where staff_id = %s", until, other.id)
    membership = await membership_of(school, person.id, role)
    codes = set()
    for body in ({}, {"on": (until + timedelta(days=9)).isoformat()}):
        answer = await world.as_token(other.token).post(
            f"/v1/staff/{person.id}/memberships/{membership}/end", body, version=1
        )
        assert answer.status_code == 409, answer.text
        codes.add(answer.json()["code"])
    return codes.pop() if len(codes) == 1 else f"{codes}"


async def _by_one_who_has_not_joined(
    world: World, provider: Provider, person: Person, role: Role
) -> str | None:
    """Others hold the role, but cannot sign in."""
    for column in ("suspended_at = now()", "accepted_at = null", "removed_at = now()"):
        other = await provider.school.person(role)
        world.sql(f"update staff set {column} where id = %s", other.id)  # noqa: S608
    return await _by_operator(world, provider, person, role)


REMOVERS: dict[str, Remover] = {
    **{name: _by_program(name) for name in SILENCES},
    **{f"group_{what}": _by_group(what) for what in ("leave", "delete", "unmap")},
    "dismiss": _by_operator,
    "end_membership": _by_one_whose_time_is_up,
    "others_cannot_sign_in": _by_one_who_has_not_joined,
}
ASKS = {
    "people/memberships/commands.py", "people/role_proposals/commands.py",
    "people/provisioning/commands.py",
}  # fmt: skip
"""Modules that end roles or take people off the staff, and ask first."""
NEVER_JOINED = {"people/invitations/commands.py"}
"""It ends roles of people who decline an invitation: they have not joined."""


class TestTheLastHolder:
    @pytest.mark.parametrize("role", LAST)
    @pytest.mark.parametrize("remover", REMOVERS)
    async def test_stays_whatever_removes_them(
        self, world: World, school: School, remover: str, role: Role
    ) -> None:
        provider = await a_provider(world, school)
        person = school[role]
        code = await REMOVERS[remover](world, provider, person, role)
        assert code in (None, LAST[role])
        held = world.sql(
            "select 1 from membership m join staff s on s.school_id = m.school_id"
            " and s.id = m.staff_id where m.staff_id = %s and m.role = %s and m.valid_to is null"
            " and s.suspended_at is null and s.removed_at is null",
            person.id, role.value,
        )  # fmt: skip
        assert held, "the role is over, or its holder is not here any more"

    @pytest.mark.parametrize("remover", ["change_scim_user", "group_leave"])
    async def test_is_said_to_the_leads(self, world: World, school: School, remover: str) -> None:
        provider = await a_provider(world, school)
        await REMOVERS[remover](world, provider, school[Role.SCHOOL_ADMIN], Role.SCHOOL_ADMIN)
        told = world.sql(
            "select 1 from alert where kind = 'role_kept' and recipient_id = %s",
            school[Role.DSL].id,
        )
        assert told

    async def test_may_go_once_another_can_sign_in(self, world: World, school: School) -> None:
        provider = await a_provider(world, school)
        await school.person(Role.SCHOOL_ADMIN)
        path = await path_of(provider, school[Role.SCHOOL_ADMIN])
        assert (await provider.send("DELETE", path)).status_code == 204

    async def test_is_asked_for_wherever_a_role_ends_or_a_person_goes(self) -> None:
        domain = Path(app.domain.__file__).parent
        ends = re.compile(
            r"\bmembership\.valid_to = |\bstaff\.(?:suspended|removed)_at = work\.now"
        )
        found = {
            str(path.relative_to(domain)): path.read_text()
            for path in domain.rglob("*.py")
            if ends.search(path.read_text())
        }
        assert found.keys() == ASKS | NEVER_JOINED
        assert [name for name in sorted(ASKS) if "refused_as_last(" not in found[name]] == []
