"""What is asked of a session without a second factor is judged by what an operation uses.

Reporting, calling help, and what is one's own to do never ask for one, whatever the person's role
or grants could do elsewhere.
"""

from dataclasses import replace

import pytest

from app.core.ids import new_id
from app.core.words import Actor, Grant, Role
from app.domain import policy
from tests.api.access.test_grants import a_sealed_one, granted
from tests.api.record.test_concerns import a_body, raise_one
from tests.owners import Plot
from tests.security.operations import operations
from tests.security.test_never_refused import a_check_in
from tests.security.test_second_factor_and_step_up import BY_PASSWORD, NOBODY
from tests.world import EVERY_ROLE, Api, Person, School, World

NEEDING = (
    Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL, Role.SCHOOL_ADMIN,
)  # fmt: skip
"""Roles of people at a school whose own rights ask for a second factor."""


def by_password(world: World, person: Person) -> Api:
    """The API for somebody whose session was begun by a password alone."""
    world.sql("update auth_session set amr = '{pwd}' where id = %s", person.session_id)
    return world.as_token(person.token)


async def a_teacher_with_a_grant(world: World, school: School) -> tuple[Person, str]:
    """A teacher by a password alone, to whom one concern was granted; its id."""
    concern, _ = await a_sealed_one(world, school)
    await granted(school, school[Role.STAFF], concern_id=concern)
    by_password(world, school[Role.STAFF])
    return school[Role.STAFF], concern


class TestAGrant:
    async def test_takes_nothing_from_who_reports(self, world: World, school: School) -> None:
        await a_teacher_with_a_grant(world, school)
        child = await school.child()
        told = {"kind": "suicide_attempt"}
        raised = await school.staff.post("/v1/concerns", a_body(child, self_harm=told))
        assert raised.status_code == 201, raised.text
        for path in ("/v1/alerts", "/v1/schools", "/v1/changes", "/v1/tasks", "/v1/cover"):
            assert (await school.staff.get(path)).status_code == 200, path

    async def test_asks_where_it_is_used(self, world: World, school: School) -> None:
        _, concern = await a_teacher_with_a_grant(world, school)
        paths = (f"/v1/concerns/{concern}", "/v1/concerns", f"/v1/concerns/{NOBODY}")
        for path in paths:
            answer = await school.staff.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
        rows = world.sql(
            "select distinct details->>'code' from trail where actor_id = %s"
            " and verb = 'access.refused'", school[Role.STAFF].id,
        )  # fmt: skip
        assert rows == [("second_factor_needed",)]
        world.sql(
            "update auth_session set amr = '{pwd,otp}' where id = %s",
            school[Role.STAFF].session_id,
        )
        assert (await school.staff.get(f"/v1/concerns/{concern}")).status_code == 200

    async def test_of_which_nothing_is_shown_without_it(self, world: World, school: School) -> None:
        """A concern that was granted is in no list, and none of its events reach the teacher."""
        _, concern = await a_teacher_with_a_grant(world, school)
        for path in ("/v1/changes", "/v1/tasks", "/v1/actions"):
            assert concern not in (await school.staff.get(path)).text


@pytest.mark.parametrize("role", NEEDING)
class TestReporting:
    async def test_asks_nobody(self, world: World, school: School, role: Role) -> None:
        api, child = by_password(world, school[role]), await school.child()
        concern = (await raise_one(api, child))["id"]
        steps = {
            "amendments": {"text": "She is not breathing well.", "reason": "New."},
            "with-adult": {"nobody": True},
            "emergency": {"called": ["ambulance"]},
        }
        for step, body in steps.items():
            answer = await api.post(f"/v1/concerns/{concern}/{step}", body)
            assert answer.status_code == 201, f"{step}: {answer.text}"
        assert "pupils" not in answer.json()
        own = await api.get(f"/v1/concerns/{concern}")
        assert own.status_code == 200, own.text
        assert "comments" not in own.json()

    async def test_calls_help_in_a_concern_that_may_not_be_read_like_this(
        self, world: World, school: School, role: Role
    ) -> None:
        child = await school.child(year_group="7")
        concern = (await raise_one(school.staff, child, self_harm={"kind": "self_harm"}))["id"]
        world.sql("update concern set confidentiality = 'K2' where id = %s", concern)
        world.sql(
            """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
            school[role].id,
        )
        api = by_password(world, school[role])
        answer = await api.post(f"/v1/concerns/{concern}/emergency")
        if role is Role.SCHOOL_ADMIN:  # nor with a second factor
            assert answer.status_code == 404
            return
        assert answer.status_code == 201, answer.text
        assert answer.json().keys().isdisjoint({"state", "kind", "pupils", "next"})
        read = await api.get(f"/v1/concerns/{concern}")
        assert (read.status_code, read.json()["code"]) == (403, "second_factor_needed")

    async def test_asks_nobody_for_their_own_tasks(
        self, world: World, school: School, role: Role
    ) -> None:
        plot = Plot(world, school, await school.child())
        mine, theirs = (str(plot.plant("task", school[who].id)) for who in (role, Role.STAFF))
        api = by_password(world, school[role])
        shown = (await api.get("/v1/tasks")).json()["items"]
        assert [one["id"] for one in shown] == [mine]
        assert (await api.get(f"/v1/tasks/{mine}")).status_code == 200
        refused = await api.get(f"/v1/tasks/{theirs}")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")
        done = await api.post(f"/v1/tasks/{mine}/complete", {}, version=1)
        assert done.status_code == 200, done.text


class TestASchoolThatAsksItsTeachers:
    async def test_never_refuses_a_report(self, world: World, school: School) -> None:
        world.sql(
            """update organisation set settings = '{"second_factor_roles": ["staff"]}'
               where id = %s""", school.id,
        )  # fmt: skip
        api = by_password(world, school[Role.STAFF])
        concern = (await raise_one(api, await school.child()))["id"]
        answer = await api.post(f"/v1/concerns/{concern}/emergency")
        assert answer.status_code == 201, answer.text
        refused = await api.get("/v1/staff")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")


class TestCheckIns:
    async def test_ask_nobody(self, world: World, school: School) -> None:
        """The teacher has a grant as well, and a password alone."""
        check_in = await a_check_in(world, school)
        await a_teacher_with_a_grant(world, school)
        mine = (await school.staff.get("/v1/check-ins/mine")).json()["items"]
        assert check_in in {one["id"] for one in mine}
        path = f"/v1/check-ins/{check_in}"
        assert (await school.staff.get(path)).status_code == 200
        assert (await school.staff.post(f"{path}/report-worry", {})).status_code == 200
        etag = (await school.staff.get(path)).headers["etag"]
        done = await school.staff.post(
            f"{path}/finish", {"how": "spoke"}, headers={"If-Match": etag}
        )
        assert done.status_code == 200, done.text


class TestWhatIsLeft:
    @pytest.mark.parametrize("role", EVERY_ROLE)
    @pytest.mark.parametrize("asked", [True, False])
    @pytest.mark.parametrize("granted_too", [True, False])
    def test_is_what_every_member_of_staff_may_do(
        self, role: Role, asked: bool, granted_too: bool
    ) -> None:
        grant = Grant(new_id(), "grant", frozenset({"K5"}), child_id=new_id())
        actor = Actor(
            id=new_id(), school_id=new_id(), role=role, session_id=new_id(), amr=("pwd",),
            second_factor_asked=asked, grants=(grant,) if granted_too else (),
        )  # fmt: skip
        left = policy.proved(actor)
        rights = policy.rights_of(left)
        assert not left.grants
        if asked or policy.needs_second_factor(policy.BUILT_IN[role]):
            assert rights.permissions <= policy.BUILT_IN[Role.STAFF].permissions
            assert (rights.classes, rights.cohort_classes) == (frozenset(), frozenset())
            assert left.whole is actor
        else:
            assert rights == policy.BUILT_IN[role]
            assert (left.whole is actor) is granted_too
        proof = replace(actor, amr=("pwd", "otp"))
        assert policy.proved(proof) is proof


class TestTheList:
    def test_is_the_one_of_the_description(self) -> None:
        found = {name for name, one in operations().items() if one.described.get("x-by-password")}
        assert found == BY_PASSWORD
