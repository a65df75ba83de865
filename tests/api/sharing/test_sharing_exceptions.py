"""Who may not be told while a pathway is open: nobody tells them without an exception."""

from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.pathways import a_pathway
from tests.api.records import a_concern, a_contact, a_share, verbs_about
from tests.api.referring import a_body, a_draft, an_agency, step
from tests.api.shared import Recipient
from tests.jobs.climbing import after, fresh
from tests.security.scenes import soon
from tests.world import Api, School, World

BARRED = {"may_be_told": False, "may_be_told_reason": "He hits."}
MAY_SHARE = (Role.DSL, Role.DEPUTY_DSL)


async def draft(api: Api, child: UUID, contact: str, *concerns: str) -> Any:
    recipient = {"via": "contact", "contact_id": contact}
    return await api.post("/v1/shares", a_share(child, recipient, *concerns))


async def sharing_exception(
    school: School, child: UUID, contact: str, *, by: Role = Role.DEPUTY_DSL, **body: Any
) -> dict[str, Any]:
    """A sharing exception that the lead asked for and a second person agreed to."""
    asked = await ask(school.lead, child, contact, **body)
    path = f"/v1/children/{child}/sharing-exceptions/{asked['id']}/agree"
    agreed = await school.api(by).post(path, {"reason": "He is needed."}, version=1)
    assert agreed.status_code == 200, agreed.text
    found: dict[str, Any] = agreed.json()
    return found


async def ask(
    api: Api, child: UUID, contact: str, status: int = 201, **body: Any
) -> dict[str, Any]:
    path = f"/v1/children/{child}/contacts/{contact}/sharing-exceptions"
    answer = await api.post(path, {"reason": "He has to fetch her."} | body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def approved(school: School, share: dict[str, Any]) -> int:
    """A share that the lead and the head have approved with their reasons; its version."""
    path, version = f"/v1/shares/{share['id']}/approve", 1
    body = {"reason": "Needed.", "guard_reason": "Looked at together."}
    for role in (Role.DSL, Role.HEADTEACHER):
        answer = await school.api(role).post(path, body, version=version)
        assert answer.status_code == 200, answer.text
        version += 1
    assert answer.json()["state"] == "approved"
    return version


class TestBlock:
    async def test_t09_nobody_tells_who_may_not_be_told(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, kind="father", name="Lee Marsh", **BARRED)
        mother = await a_contact(world, school, child)
        other = await a_concern(school, child)
        await a_pathway(world, school, child)
        for role in Role:
            if role not in school.people:
                continue
            refused = await draft(school.api(role), child, father, other)
            assert refused.status_code == 403, role
            if role in MAY_SHARE:
                assert refused.json()["code"] == "telling_blocked"
        assert (await draft(school.lead, child, mother, other)).status_code == 201

    async def test_t09_is_asked_at_every_step_of_a_share(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, kind="father", name="Lee Marsh", **BARRED)
        other = await a_concern(school, child)
        drafted = (await draft(school.lead, child, father, other)).json()
        ready = (await draft(school.lead, child, father, other)).json()
        version = await approved(school, ready)
        await a_pathway(world, school, child)
        reason = {"reason": "Needed.", "guard_reason": "Looked at together."}
        sends = {"code_route": "phone", "by_hand": True}
        handed = {"route": "in_person", "at": clock.now().isoformat(), "to": "Lee"}
        one, two = f"/v1/shares/{drafted['id']}", f"/v1/shares/{ready['id']}"
        for role in (Role.DSL, Role.HEADTEACHER):
            answer = await school.api(role).post(f"{one}/approve", reason, version=1)
            assert (answer.status_code, answer.json()["code"]) == (403, "telling_blocked"), role
        steps = [("send", sends), ("hand-over", handed), ("confirm", {"guard_reason": "x"})]
        for verb, body in steps:
            answer = await school.lead.post(f"{two}/{verb}", body, version=version)
            assert (answer.status_code, answer.json()["code"]) == (403, "telling_blocked"), verb

    async def test_t09_two_people_and_a_reason_unlock(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, kind="father", name="Lee Marsh", **BARRED)
        other = await a_concern(school, child)
        await a_pathway(world, school, child)
        asked = await ask(school.lead, child, father)
        assert (asked["state"], asked["bars"], asked["agreed_by"]) == (
            "asked", ["may_not_be_told"], None
        )  # fmt: skip
        assert (await draft(school.lead, child, father, other)).status_code == 403, "one alone"
        path = f"/v1/children/{child}/sharing-exceptions/{asked['id']}/agree"
        alone = await school.lead.post(path, {"reason": "Me again."}, version=1)
        assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
        assert (await school.api(Role.HEADTEACHER).post(path, {}, version=1)).status_code == 422
        for role in (Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN):
            answer = await school.api(role).post(path, {"reason": "x"}, version=1)
            assert answer.status_code == 403, role
        agreed = await school.api(Role.HEADTEACHER).post(path, {"reason": "Seen."}, version=1)
        assert (agreed.status_code, agreed.json()["state"]) == (200, "stands")
        made = await draft(school.lead, child, father, other)
        assert made.status_code == 201, made.text
        assert await approved(school, made.json())
        assert verbs_about(world, asked["id"]) == [
            "sharing_exception.asked",
            "sharing_exception.agreed",
        ]
        reasons = world.sql(
            "select actor_id from trail where noun_id = %s and reason is not null", asked["id"]
        )
        assert len({person for (person,) in reasons}) == 2

    @pytest.mark.parametrize(
        "columns",
        [
            {"contact_allowed": "no"}, {"alleged_source_of_harm": True},
            {"court_orders": [{"kind": "other", "summary": "x", "forbids_telling": True}]},
        ],
    )  # fmt: skip
    async def test_holds_whatever_bars_them(
        self, world: World, school: School, columns: dict[str, Any]
    ) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **columns)
        await a_pathway(world, school, child)
        assert (await draft(school.lead, child, father)).json()["code"] == "telling_blocked"

    async def test_is_for_pathways_that_are_open(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        friend, witness = await school.child("Bo"), await school.child("Cy")
        await a_pathway(world, school, friend, child)
        assert (await draft(school.lead, child, father)).status_code == 201, "only a witness"
        concern = await a_pathway(world, school, child, witness)
        assert (await draft(school.lead, child, father)).status_code == 403
        world.sql("update self_harm set state = 'closed' where id = %s", concern)
        assert (await draft(school.lead, child, father)).status_code == 201

    async def test_follows_them_under_another_name_or_record(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_contact(
            world, school, child, name="Lee Marsh", email="lee@example.org",
            valid_to=clock.now().date(), **BARRED,
        )  # fmt: skip
        same_name = await a_contact(world, school, child, name="Mr Lee MARSH")
        same_mail = await a_contact(world, school, child, name="Zed", email="LEE+x@example.org")
        await a_pathway(world, school, child)
        for contact in (same_name, same_mail):
            assert (await draft(school.lead, child, contact)).json()["code"] == "telling_blocked"
        named = {"via": "professional", "kind": "health", "name": "Dr Lee Marsh"}
        answer = await school.lead.post("/v1/shares", a_share(child, named))
        assert answer.json()["code"] == "telling_blocked"

    async def test_stops_a_link_that_stands(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, kind="father", name="Lee Marsh", **BARRED)
        ready = (await draft(school.lead, child, father, await a_concern(school, child))).json()
        version = await approved(school, ready)
        sends = {"code_route": "phone", "by_hand": True}
        path = f"/v1/shares/{ready['id']}"
        sent = await school.lead.post(f"{path}/send", sends, version=version)
        assert sent.status_code == 200, sent.text
        recipient = Recipient(world, sent.json()["link"].rpartition("/")[2])
        assert (await recipient.enter(sent.json()["code"])).status_code == 201
        assert (await recipient.read()).status_code == 200
        await a_pathway(world, school, child)
        assert (await recipient.read()).status_code == 403
        (now,) = world.sql("select version from share where id = %s", ready["id"])
        code = await school.lead.post(f"{path}/code", {"code_route": "phone"}, version=now[0])
        assert code.json()["code"] == "telling_blocked"


class TestTakingAwayTheBar:
    @pytest.mark.parametrize("role", [Role.DSL, Role.DEPUTY_DSL])
    async def test_t09_nobody_does_it_alone(self, world: World, school: School, role: Role) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        await a_pathway(world, school, child)
        path = f"/v1/children/{child}/contacts/{father}"
        for change in (
            {"may_be_told": None}, {"may_be_told": True, "may_be_told_reason": "He asked."}
        ):  # fmt: skip
            answer = await school.api(role).patch(path, change, version=1)
            assert (answer.status_code, answer.json()["code"]) == (403, "telling_blocked")
        still = await school.api(role).patch(path, {"contact_allowed": "no"}, version=1)
        assert still.status_code == 200, "what bars them more is taken at once"

    async def test_t09_nobody_hides_alone_who_is_barred(self, world: World, school: School) -> None:
        """Neither under another name nor at another address."""
        child = await school.child()
        father = await a_contact(
            world, school, child, name="Lee Marsh", email="lee@example.org", **BARRED
        )
        await a_pathway(world, school, child)
        path = f"/v1/children/{child}/contacts/{father}"
        for change in ({"name": "Old entry"}, {"email": None}, {"phone": "01632 960009"}):
            for role in (Role.DSL, Role.DEPUTY_DSL):
                answer = await school.api(role).patch(path, change, version=1)
                assert (answer.status_code, answer.json()["code"]) == (403, "telling_blocked")
        same = await school.lead.patch(path, {"name": "Lee Marsh", "language": "cy"}, version=1)
        assert same.status_code == 200, same.text

    async def test_t09_a_referral_is_not_mailed_to_who_is_barred_and_has_ended(
        self, world: World, school: School
    ) -> None:
        agency = await an_agency(school, email="lee@example.org")
        body = await a_body(school, agency)
        child = UUID(body["child_id"])
        father = await a_contact(
            world, school, child, kind="father", name="Lee Marsh", email="lee@example.org", **BARRED
        )
        await a_pathway(world, school, child)
        ended = await school.lead.post(f"/v1/children/{child}/contacts/{father}/end", version=1)
        assert ended.status_code == 200, ended.text
        referral = await a_draft(school, body)
        reason = {"reason": "They ask for help."}
        refused = await step(school.lead, referral, "approve", reason)
        problem = refused.json()["errors"][0]
        assert (refused.status_code, problem["pointer"]) == (422, "/agency_id"), refused.text
        world.sql("update agency set email = null where id = %s", agency)
        assert (await step(school.lead, referral, "approve", reason)).status_code == 200
        world.sql("update agency set email = 'LEE@example.org' where id = %s", agency)
        answer = await step(school.lead, referral, "link", {"code_route": "phone"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "barred_address"

    async def test_is_possible_once_two_have_agreed_to_it_or_nothing_is_open(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        path = f"/v1/children/{child}/contacts/{father}"
        free = await school.lead.patch(path, {"may_be_told": None}, version=1)
        assert free.status_code == 200
        again = {"may_be_told": False, "may_be_told_reason": "He hits."}
        assert (await school.lead.patch(path, again, version=2)).status_code == 200
        await a_pathway(world, school, child)
        await sharing_exception(school, child, father)
        answer = await school.lead.patch(path, {"may_be_told": None}, version=3)
        assert answer.status_code == 200


class TestSharingException:
    async def test_is_over_by_itself_and_the_bar_is_back(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        await a_pathway(world, school, child)
        await sharing_exception(school, child, father, until=soon(hours=2))
        assert (await draft(school.lead, child, father)).status_code == 201
        with after(hours=3):
            api = fresh(world, school[Role.DSL])
            assert (await draft(api, child, father)).status_code == 403
            (shown,) = (await api.get(f"/v1/children/{child}/sharing-exceptions")).json()["items"]
            assert (shown["state"], shown["permissions"]) == ("over", [])

    async def test_is_within_the_limit(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        late = await ask(school.lead, child, father, 422, until=soon(days=40))
        assert late["code"] == "due_too_far"
        assert (await ask(school.lead, child, father, 422, until=soon(days=-1)))["code"] == (
            "due_time_passed"
        )

    async def test_can_be_ended_by_one(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        await a_pathway(world, school, child)
        made = await sharing_exception(school, child, father)
        path = f"/v1/children/{child}/sharing-exceptions/{made['id']}/end"
        ended = await school.api(Role.DEPUTY_DSL).post(path, {"reason": "No more."}, version=2)
        assert (ended.status_code, ended.json()["state"]) == (200, "ended")
        assert (await draft(school.lead, child, father)).status_code == 403
        again = await school.lead.post(path, {"reason": "x"}, version=3)
        assert again.json()["code"] == "sharing_exception_over"

    async def test_holds_for_what_was_open_only(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        await a_pathway(world, school, child)
        await sharing_exception(school, child, father)
        assert (await draft(school.lead, child, father)).status_code == 201
        await a_pathway(world, school, child)
        assert (await draft(school.lead, child, father)).status_code == 403, "something new"

    async def test_covers_the_bar_that_both_saw_only(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        await a_pathway(world, school, child)
        asked = await ask(school.lead, child, father)
        path = f"/v1/children/{child}/contacts/{father}"
        changed = await school.lead.patch(path, {"alleged_source_of_harm": True}, version=1)
        assert changed.status_code == 200, changed.text
        agree = f"/v1/children/{child}/sharing-exceptions/{asked['id']}/agree"
        answer = await school.api(Role.DEPUTY_DSL).post(agree, {"reason": "x"}, version=1)
        assert answer.json()["code"] == "bar_changed"
        made = await sharing_exception(school, child, father)
        assert made["bars"] == ["alleged_source_of_harm", "may_not_be_told"]
        assert (await draft(school.lead, child, father)).status_code == 201

    async def test_shows_both_everything_that_bars_them(self, world: World, school: School) -> None:
        child = await school.child()
        order = {"kind": "non_molestation", "forbids_telling": True}
        father = await a_contact(
            world, school, child, name="Lee Marsh", alleged_source_of_harm=True,
            contact_allowed="no", court_orders=[order],
        )  # fmt: skip
        await a_pathway(world, school, child)
        asked = await ask(school.lead, child, father)
        assert asked["bars"] == ["alleged_source_of_harm", "contact_not_allowed", "court_order"]

    async def test_is_for_who_is_barred(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        mother = await a_contact(world, school, child)
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        assert (await ask(school.lead, child, mother, 409))["code"] == "nothing_bars"
        await ask(school.lead, await school.child("Bo"), father, 404)
        await ask(other_school.lead, child, father, 404)
        asked = await ask(school.lead, child, father)
        listed = await school.api(Role.HEADTEACHER).get(f"/v1/children/{child}/sharing-exceptions")
        (shown,) = listed.json()["items"]
        assert (shown["id"], shown["permissions"]) == (
            asked["id"],
            ["agree_sharing_exception", "end_sharing_exception"],
        )
        (mine,) = (await school.lead.get(f"/v1/children/{child}/sharing-exceptions")).json()[
            "items"
        ]
        assert mine["permissions"] == ["end_sharing_exception"]

    async def test_is_closed_to_those_in_conflict(self, world: World, school: School) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        body = {"staff_id": str(deputy.id), "child_id": str(child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        asked = await ask(school.lead, child, father)
        path = f"/v1/children/{child}/sharing-exceptions/{asked['id']}/agree"
        answer = await school.api(Role.DEPUTY_DSL).post(path, {"reason": "x"}, version=1)
        assert answer.json()["code"] == "conflict_of_interest"

    async def test_is_offered_again_among_the_contacts(self, world: World, school: School) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, name="Lee Marsh", **BARRED)
        concern = await a_pathway(world, school, child)
        path = f"/v1/concerns/{concern}/parents-options"
        (barred,) = (await school.lead.get(path)).json()["contacts"]
        assert (barred["offered"], barred["has_sharing_exception"]) == (False, False)
        await sharing_exception(school, child, father)
        (excepted,) = (await school.lead.get(path)).json()["contacts"]
        assert (excepted["offered"], excepted["has_sharing_exception"]) == (True, True)


class TestAccessExplain:
    async def test_t10_a_parent_on_the_staff_is_told_nothing_of_their_child(
        self, world: World, school: School
    ) -> None:
        child, mine = await school.child(), await school.child("Bo")
        for role in (Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            person = school[role]
            body = {"child_id": str(mine), "reason": "My child."}
            assert (await school.api(role).post("/v1/conflicts", body)).status_code == 201
            for subject in ("me", str(person.id)):
                asked = {"resource": f"child:{mine}", "subject": subject}
                answer = await school.api(role).get("/v1/access/explain", params=asked)
                assert answer.status_code == 404, (role, subject)
                assert answer.json()["code"] == "child_not_found"
            other = {"resource": f"child:{child}", "subject": "me"}
            answer = await school.api(role).get("/v1/access/explain", params=other)
            assert answer.status_code == 200, role
