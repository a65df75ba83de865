"""Child groups: stated, confirmed by a person, widened and ended; silent until confirmed."""

from app.core.ids import new_id
from app.core.words import Role
from tests.api.linking import a_child_group, a_linkable, linked_concerns, look_through
from tests.world import School, World


class TestStateChildGroup:
    async def test_is_silent_until_a_person_confirms_it(self, world: World, school: School) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        for child in children:
            await a_linkable(school, child)
        made = await a_child_group(school, "friend", *children, heard_from="A form tutor")
        assert (made["state"], made["confirmed_by"]) == ("unconfirmed", None)
        assert made["permissions"] == [
            "confirm_child_group",
            "add_child_group_members",
            "end_child_group",
        ]
        assert await look_through(world, school) == 0
        path = f"/v1/child-groups/{made['id']}/confirm"
        done = await school.lead.post(path, version=1)
        assert (done.status_code, done.json()["state"]) == (200, "confirmed")
        assert done.json()["confirmed_by"]["id"] == str(school[Role.DSL].id)
        assert done.json()["stated_by"]["id"] == str(school[Role.DEPUTY_DSL].id)
        assert await look_through(world, school) == 1
        again = await school.lead.post(path, version=2)
        assert (again.status_code, again.json()["code"]) == (409, "child_group_confirmed")

    async def test_takes_a_registration_group_from_the_roster_which_is_silent_too(
        self, world: World, school: School
    ) -> None:
        children = [
            await school.child("Alex", "Reed", registration_group="9B"),
            await school.child("Robin", "Dale", registration_group="9B"),
        ]
        await school.child("Sam", "Other", registration_group="9C")
        for child in children:
            await a_linkable(school, child)
        body = {"kind": "form", "registration_group": "9B"}
        made = (await school.lead.post("/v1/child-groups", body)).json()
        assert (made["source"], made["state"], made["members"]) == ("roster", "unconfirmed", 2)
        assert await look_through(world, school) == 0
        assert (
            await school.lead.post(f"/v1/child-groups/{made['id']}/confirm", version=1)
        ).status_code == 200
        assert await look_through(world, school) == 1

    async def test_refuses_children_the_school_does_not_know(
        self, school: School, other_school: School
    ) -> None:
        known, foreign = await school.child(), await other_school.child()
        for stranger in (foreign, new_id()):
            body = {"kind": "friend", "child_ids": [str(known), str(stranger)]}
            answer = await school.lead.post("/v1/child-groups", body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/child_ids/1"

    async def test_needs_two_children_or_a_group(self, school: School) -> None:
        child = str(await school.child())
        for body in (
            {"kind": "friend", "child_ids": [child]},
            {"kind": "friend", "child_ids": [child, child]},
            {"kind": "form", "child_ids": [child, str(new_id())], "registration_group": "7A"},
            {"kind": "form", "registration_group": "no such group"},
        ):
            assert (await school.lead.post("/v1/child-groups", body)).status_code == 422


class TestRelationships:
    async def test_that_are_confirmed_count_and_others_do_not(
        self, world: World, school: School
    ) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Reed")]
        for child in children:
            await a_linkable(school, child)
        body = {"other_child_id": str(children[1]), "kind": "sibling"}
        made = await school.lead.post(f"/v1/children/{children[0]}/relationships", body)
        assert made.status_code == 201
        world.sql(
            "update relationship set confirmed_at = null, confirmed_by = null where id = %s",
            made.json()["id"],
        )
        assert await look_through(world, school) == 0
        world.sql(
            "update relationship set confirmed_at = now(), confirmed_by = added_by where id = %s",
            made.json()["id"],
        )
        assert await look_through(world, school) == 1
        (found,) = await linked_concerns(school.lead)
        opened = (await school.lead.get(f"/v1/linked-concerns/{found['id']}")).json()
        (link,) = opened["links"]
        assert (link["child_group"]["about"]["kind"], link["child_group"]["kind"]) == (
            "relationship",
            "sibling",
        )
        assert link["child_group"]["stated_by"]["id"] == str(school[Role.DSL].id)


class TestChangeChildGroup:
    async def test_more_members_can_link(self, world: World, school: School) -> None:
        children = [await school.child(given) for given in ("Alex", "Robin", "Sam")]
        await a_linkable(school, children[0])
        await a_linkable(school, children[2])
        child_group = await a_child_group(
            school, "club", *children[:2], label="Dance", confirm=True
        )
        assert await look_through(world, school) == 0
        body = {"child_ids": [str(children[1]), str(children[2])]}
        path = f"/v1/child-groups/{child_group['id']}/members"
        assert (await school.lead.post(path, body)).status_code == 428
        assert (await school.lead.post(path, body, version=9)).status_code == 412
        more = await school.lead.post(path, body, version=1)
        assert (more.status_code, more.json()["members"]) == (200, 3)
        assert await look_through(world, school) == 1

    async def test_an_ended_one_links_nothing_new(self, world: World, school: School) -> None:
        children = [await school.child("Alex"), await school.child("Robin")]
        child_group = await a_child_group(school, "friend", *children, confirm=True)
        ended = await school.lead.post(
            f"/v1/child-groups/{child_group['id']}/end",
            {"reason": "They were never close."},
            version=1,
        )
        assert ended.json()["state"] == "ended"
        for child in children:
            await a_linkable(school, child)
        assert await look_through(world, school) == 0
        again = await school.lead.post(
            f"/v1/child-groups/{child_group['id']}/end", {"reason": "No."}, version=2
        )
        assert (again.status_code, again.json()["code"]) == (409, "child_group_ended")

    async def test_asks_the_rules_to_look(self, world: World, school: School) -> None:
        jobs = (
            "select count(*) from procrastinate_jobs "
            "where task_name = 'child_groups.look' and args->>'school_id' = %s"
        )
        children = [await school.child("Alex"), await school.child("Robin")]
        child_group = await a_child_group(school, "friend", *children)
        assert world.sql(jobs, str(school.id)) == [(0,)]
        await school.lead.post(f"/v1/child-groups/{child_group['id']}/confirm", version=1)
        assert world.sql(jobs, str(school.id)) == [(1,)]
        await a_linkable(school, children[0])
        assert world.sql(jobs, str(school.id)) == [(2,)]


class TestSight:
    async def test_is_for_leads_and_not_for_who_is_related(self, school: School) -> None:
        children = [await school.child("Alex"), await school.child("Robin")]
        child_group = await a_child_group(school, "friend", *children)
        path = f"/v1/child-groups/{child_group['id']}"
        for role in (Role.STAFF, Role.PASTORAL, Role.GOVERNOR, Role.SCHOOL_ADMIN):
            assert (await school.api(role).get(path)).status_code == 403
        assert (await school.api(Role.HEADTEACHER).get(path)).status_code == 200
        said = {"child_id": str(children[1]), "reason": "My nephew."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        assert (await school.lead.get(path)).status_code == 404
        assert (await school.lead.get("/v1/child-groups")).json()["items"] == []
        assert (await school.lead.post(f"{path}/confirm", version=1)).status_code == 404
        body = {"kind": "friend", "child_ids": [str(one) for one in children]}
        assert (await school.lead.post("/v1/child-groups", body)).status_code == 422

    async def test_lists_by_state_kind_and_child(self, school: School) -> None:
        children = [await school.child(given) for given in ("Alex", "Robin", "Sam")]
        friends = await a_child_group(school, "friend", *children[:2], confirm=True)
        club = await a_child_group(school, "club", *children[1:], label="Chess")

        async def ids(query: str) -> list[str]:
            answer = await school.lead.get(f"/v1/child-groups?{query}")
            return [one["id"] for one in answer.json()["items"]]

        assert await ids("") == [club["id"], friends["id"]]
        assert await ids("state=confirmed") == [friends["id"]]
        assert await ids("state=unconfirmed") == [club["id"]]
        assert await ids("kind=club") == [club["id"]]
        assert await ids(f"child_id={children[0]}") == [friends["id"]]
        assert await ids("state=ended") == []
