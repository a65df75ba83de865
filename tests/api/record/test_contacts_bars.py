"""A bar is about a person, not a row: it follows them, at every door, whoever writes contacts."""

from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.pointers import pointer
from app.core.words import Role
from tests.api.pathways import a_pathway
from tests.api.records import a_concern, a_contact, a_share
from tests.api.shared import step
from tests.rosters import Roster, package
from tests.transfers import elsewhere, prepared
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

LEE: dict[str, Any] = {
    "kind": "father", "name": "Lee O'Brien-Marsh", "email": "lee@example.org",
    "phone": "01632 960 123",
}  # fmt: skip
BAR = {"may_be_told": False, "may_be_told_reason": "He hits."}
PR = {"parental_responsibility": "yes"}
SAME: dict[str, dict[str, Any]] = {
    "the address": {"name": "Ash Reed", "email": "LEE+school@Example.org"},
    "the address among others": {"name": "Ash Reed", "email": "Lee <lee@example.org>, a@x.org"},
    "the telephone": {"name": "Ash Reed", "phone": "+44 (0)1632 960123"},
    "a second telephone": {"name": "Ash Reed", "phone": "07700900999 / 01632-960123 ext 4"},
}
"""Ways to write where he is reached."""
TAKEN = [one for one in SAME if one != "the address among others"]
"""Those that the API takes: an address is one plain one there."""
NAMESAKE = {"name": "Mr Obrien Marsh, LEE"}


async def barred(world: World, school: School, child: UUID, **columns: Any) -> str:
    """A father who may not be told; both others of his kind count as told already."""
    return await a_contact(world, school, child, **(LEE | BAR | columns))


async def listed(api: Api, child: UUID) -> dict[str, Any]:
    rows = (await api.get(f"/v1/children/{child}/contacts")).json()["items"]
    return {one["id"]: one for one in rows}


async def drafted(school: School, child: UUID, recipient: dict[str, Any]) -> str:
    concern = await a_concern(school, child)
    answer = await school.lead.post("/v1/shares", a_share(child, recipient, concern))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def approve(api: Api, share: str) -> Any:
    body = {"reason": "Needed.", "guard_reason": "Looked at together."}
    answer = await step(api, share, "approve", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def goes_by_one(school: School, child: UUID, recipient: dict[str, Any]) -> bool:
    """Whether one person suffices to let a share go."""
    found = await approve(school.lead, await drafted(school, child, recipient))
    assert found["state"] in ("draft", "approved")
    return bool(found["state"] == "approved")


def told(world: World, school: School, child: UUID) -> set[UUID]:
    """Who was alerted that somebody changed who may be told about a child."""
    rows = world.sql(
        "select recipient_id from alert where school_id = %s and kind = 'telling_changed' "
        "and thing_id = %s", school.id, child,
    )  # fmt: skip
    return {person for (person,) in rows}


def leads(school: School, *but: Role) -> set[UUID]:
    return {school[role].id for role in (Role.DSL, Role.DEPUTY_DSL) if role not in but}


class TestWriting:
    """What an administrator, who does not safeguard, cannot undo."""

    @pytest.mark.parametrize("same", TAKEN)
    @pytest.mark.parametrize("ended", [False, True])
    async def test_no_twin_is_added_without_safeguarding(
        self, world: World, school: School, same: str, ended: bool
    ) -> None:
        child = await school.child()
        await barred(world, school, child, valid_to=clock.now().date() if ended else None)
        body = {"kind": "carer", **SAME[same]}
        path = f"/v1/children/{child}/contacts"
        refused = await school.api(Role.SCHOOL_ADMIN).post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        taken = await school.lead.post(path, body)
        assert taken.status_code == 201, taken.text
        assert told(world, school, child) == leads(school, Role.DSL)

    @pytest.mark.parametrize("same", TAKEN)
    async def test_no_other_contact_gets_the_address(
        self, world: World, school: School, same: str
    ) -> None:
        child = await school.child()
        await barred(world, school, child)
        mother = await a_contact(world, school, child)
        path = f"/v1/children/{child}/contacts/{mother}"
        refused = await school.api(Role.SCHOOL_ADMIN).patch(path, SAME[same], version=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        renamed = {"language": "cy", "email": "kim@example.org"}
        assert (await school.api(Role.SCHOOL_ADMIN).patch(path, renamed, version=1)).is_success
        assert told(world, school, child) == set()

    @pytest.mark.parametrize(
        "change", [{"email": "new@example.org"}, {"phone": None}, {"name": "Old entry"}]
    )
    async def test_nobody_barred_is_replaced_without_safeguarding(
        self, world: World, school: School, change: dict[str, Any]
    ) -> None:
        child = await school.child()
        father = await barred(world, school, child)
        path = f"/v1/children/{child}/contacts/{father}"
        refused = await school.api(Role.SCHOOL_ADMIN).patch(path, change, version=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        taken = await school.lead.patch(path, change, version=1)
        assert taken.status_code == 200, taken.text
        assert told(world, school, child) == leads(school, Role.DSL)
        other = await a_contact(world, school, child, **(LEE | {"name": "Ash Reed"} | PR))
        assert not await goes_by_one(school, child, {"via": "contact", "contact_id": other})

    async def test_nobody_barred_is_ended_without_safeguarding(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await barred(world, school, child)
        path = f"/v1/children/{child}/contacts/{father}/end"
        refused = await school.api(Role.SCHOOL_ADMIN).post(path, version=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        taken = await school.api(Role.DEPUTY_DSL).post(path, version=1)
        assert taken.status_code == 200, taken.text
        assert told(world, school, child) == leads(school, Role.DEPUTY_DSL)
        mother = await a_contact(world, school, child)
        free = f"/v1/children/{child}/contacts/{mother}/end"
        assert (await school.api(Role.SCHOOL_ADMIN).post(free, version=1)).is_success

    async def test_nobody_is_given_parental_responsibility_without_safeguarding(
        self, world: World, school: School
    ) -> None:
        child, admin = await school.child(), school.api(Role.SCHOOL_ADMIN)
        path, body = f"/v1/children/{child}/contacts", {"kind": "father", "name": "Xi Vale"}
        refused = await admin.post(path, body | PR)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        unknown = {"parental_responsibility": "unknown"}
        made = await admin.post(path, body | unknown)
        assert made.status_code == 201, made.text
        one = f"{path}/{made.json()['id']}"
        assert (await admin.patch(one, PR, version=1)).status_code == 403
        same = await admin.patch(one, unknown | {"language": "cy"}, version=1)
        assert same.status_code == 200, "what stays as it is needs nothing"
        assert told(world, school, child) == set()
        assert (await school.lead.patch(one, PR, version=2)).status_code == 200
        assert told(world, school, child) == leads(school, Role.DSL)

    async def test_no_family_becomes_a_professional_without_safeguarding(
        self, world: World, school: School
    ) -> None:
        child, admin = await school.child(), school.api(Role.SCHOOL_ADMIN)
        father = await a_contact(world, school, child, kind="father", name="Xi Vale")
        path = f"/v1/children/{child}/contacts/{father}"
        refused = await admin.patch(path, {"kind": "social_worker"}, version=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        assert (await admin.patch(path, {"kind": "step_father"}, version=1)).status_code == 200

    async def test_a_lead_is_told_once_until_they_have_read_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        for number in range(3):
            body = {"kind": "father", "name": f"Xi Vale {number}", **PR}
            assert (await school.lead.post(f"/v1/children/{child}/contacts", body)).is_success
        deputy = school.api(Role.DEPUTY_DSL)
        waiting = (await deputy.get("/v1/alerts", params={"state": "open"})).json()["items"]
        (alert,) = [one for one in waiting if one["kind"] == "telling_changed"]
        assert alert["about"] == pointer("child", str(child))
        assert (await deputy.post(f"/v1/alerts/{alert['id']}/acknowledge")).is_success
        body = {"kind": "father", "name": "Xi Vale", **PR}
        assert (await school.lead.post(f"/v1/children/{child}/contacts", body)).is_success
        again = (await deputy.get("/v1/alerts", params={"state": "open"})).json()["items"]
        assert [one["kind"] for one in again] == ["telling_changed"]

    async def test_what_bars_somebody_who_has_gone_can_still_be_put_right(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await barred(world, school, child, valid_to=clock.now().date())
        path = f"/v1/children/{child}/contacts/{father}"
        other = await school.lead.patch(path, {"email": "x@example.org"}, version=1)
        assert other.json()["code"] == "state_conflict"
        admin = await school.api(Role.SCHOOL_ADMIN).patch(path, {"may_be_told": None}, version=1)
        assert admin.json()["code"] == "permission_missing"
        assert (await school.lead.patch(path, {"may_be_told": None}, version=1)).is_success
        assert told(world, school, child) == leads(school, Role.DSL)
        twin = await a_contact(world, school, child, **(LEE | PR))
        assert await goes_by_one(school, child, {"via": "contact", "contact_id": twin})


class TestLetting:
    @pytest.mark.parametrize("same", [*SAME.values(), NAMESAKE], ids=[*SAME, "the name"])
    @pytest.mark.parametrize("ended", [False, True])
    async def test_a_twin_needs_two_people(
        self, world: World, school: School, same: dict[str, Any], ended: bool
    ) -> None:
        child = await school.child()
        await barred(world, school, child, valid_to=clock.now().date() if ended else None)
        twin = await a_contact(world, school, child, **({"kind": "father"} | same | PR))
        share = await drafted(school, child, {"via": "contact", "contact_id": twin})
        first = await approve(school.lead, share)
        assert (first["state"], first["waiting_for"]) == ("draft", "second_approver")
        second = await approve(school.api(Role.HEADTEACHER), share)
        assert second["state"] == "approved"
        shown = (await listed(school.lead, child))[twin]["may_be_told"]
        assert (shown["value"], shown["reason_code"]) == (False, "restricted_person")

    @pytest.mark.parametrize(
        "columns",
        [
            {"contact_allowed": "no"}, {"alleged_source_of_harm": True},
            {"court_orders": [{"kind": "other", "summary": "x", "forbids_telling": True}]},
        ],
    )  # fmt: skip
    async def test_whatever_bars_the_person_bars_the_twin(
        self, world: World, school: School, columns: dict[str, Any]
    ) -> None:
        child = await school.child()
        await a_contact(world, school, child, **(LEE | columns))
        twin = await a_contact(world, school, child, **(LEE | {"name": "Ash Reed"} | PR))
        assert not await goes_by_one(school, child, {"via": "contact", "contact_id": twin})

    async def test_a_name_typed_in_by_hand_is_compared_with_those_who_have_gone(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await barred(world, school, child, valid_to=clock.now().date())
        typed = {"via": "professional", "kind": "health", "name": "Dr Lee O’Brien Marsh"}
        assert not await goes_by_one(school, child, typed)

    async def test_namesakes_can_be_told_apart_and_addresses_cannot(
        self, world: World, school: School
    ) -> None:
        """John Smith the elder is not John Smith the younger: a lead says so, with a reason."""
        child = await school.child()
        await barred(world, school, child)
        grandfather = {"kind": "grandparent", "name": LEE["name"], "email": "elder@example.org"}
        path = f"/v1/children/{child}/contacts"
        made = await school.api(Role.SCHOOL_ADMIN).post(path, grandfather)
        assert made.status_code == 201, "a name alone refuses nobody"
        assert told(world, school, child) == leads(school), "and somebody looks"
        one = {"via": "contact", "contact_id": made.json()["id"]}
        assert not await goes_by_one(school, child, one)
        said = {"may_be_told": True, "may_be_told_reason": "The grandfather of that name."}
        assert (await school.lead.patch(f"{path}/{one['contact_id']}", said, version=1)).is_success
        assert await goes_by_one(school, child, one)
        moved = {"email": LEE["email"]}
        assert (await school.lead.patch(f"{path}/{one['contact_id']}", moved, version=2)).is_success
        assert not await goes_by_one(school, child, one)

    async def test_nobody_is_offered_as_the_one_to_tell_who_is_barred(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await barred(world, school, child)
        await a_contact(world, school, child, **(LEE | {"name": "Ash Reed"} | PR))
        concern = await a_pathway(world, school, child)
        answer = await school.lead.get(f"/v1/concerns/{concern}/parents-options")
        found = {one["name"]: one for one in answer.json()["contacts"]}
        assert "restricted_person" in found["Ash Reed"]["not_offered_reason_codes"]
        assert found["Ash Reed"]["may_be_told"]["value"] is False


class TestSending:
    async def test_an_address_typed_in_by_hand_is_not_that_of_somebody_who_has_gone(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await barred(world, school, child, valid_to=clock.now().date())
        typed = {"via": "professional", "kind": "health", "name": "Dr Ash Reed"}
        share = await drafted(school, child, typed)
        assert (await approve(school.lead, share))["state"] == "approved"
        body = {"code_route": "phone", "email": "lee+gp@example.org"}
        answer = await step(school.lead, share, "send", body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["code"] == "barred_address"

    async def test_a_hand_that_takes_it_is_not_that_of_somebody_barred(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await barred(world, school, child)
        mother = await a_contact(world, school, child, **PR)
        share = await drafted(school, child, {"via": "contact", "contact_id": mother})
        assert (await approve(school.lead, share))["state"] == "approved"
        body = {"route": "in_person", "at": clock.now().isoformat(), "to": "Lee OBrien Marsh"}
        answer = await step(school.lead, share, "hand-over", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_barred")

    @pytest.mark.parametrize("verb", ["send", "code", "hand-over"])
    async def test_is_asked_again_whenever_it_is_sent_again(
        self, world: World, school: School, verb: str
    ) -> None:
        child = await school.child()
        mother = await a_contact(world, school, child, **PR, email="kim@example.org")
        share = await drafted(school, child, {"via": "contact", "contact_id": mother})
        assert (await approve(school.lead, share))["state"] == "approved"
        sent = await step(school.lead, share, "send", {"code_route": "phone"})
        assert sent.status_code == 200, sent.text
        ended = clock.now().date()
        await barred(world, school, child, email="kim@example.org", valid_to=ended)
        body = {
            "send": {"code_route": "phone"}, "code": {"code_route": "phone"},
            "hand-over": {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim"},
        }[verb]  # fmt: skip
        answer = await step(school.lead, share, verb, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_barred")


class TestLeaving:
    async def test_a_file_does_not_go_where_somebody_barred_is_reached(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await barred(world, school, child, valid_to=clock.now().date())
        made = await prepared(school, elsewhere(child, email="Lee+school@example.org"))
        path = f"/v1/transfers/{made['id']}/approve"
        answer = await school.lead.post(path, {"reason": "She has left."}, version=1)
        assert answer.status_code == 422, answer.text
        (problem,) = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/destination/email", "barred_address")


def family(**cells: str) -> list[str]:
    adult = {
        "sourcedId": "m1", "role": "parent", "agentSourcedIds": "k1", "givenName": "Lee",
        "familyName": "Vale", "email": "lee@example.org", "phone": "01632960123",
    } | cells  # fmt: skip
    return [user(sourcedId="k1"), user(**adult)]


class TestRoster:
    @pytest.mark.parametrize(
        "cells",
        [
            {"sourcedId": "m2"},
            {"sourcedId": "m2", "givenName": "Ash", "phone": ""},
            {"sourcedId": "m2", "givenName": "Ash", "email": "ash@example.org"},
        ],
    )
    async def test_lifts_no_bar_by_a_new_number_of_the_same_person(
        self, world: World, school: School, cells: dict[str, str]
    ) -> None:
        roster = Roster(school)
        await roster.bring(package(*family()))
        child = UUID(roster.child("k1")["id"])
        world.sql("update contact set may_be_told = false where child_id = %s", child)
        await roster.bring(package(*family(**cells)))
        (twin,) = world.sql(
            "select id from contact where child_id = %s and source_id = 'm2'", child
        )
        world.sql("update contact set parental_responsibility = 'yes' where id = %s", twin[0])
        assert not await goes_by_one(school, child, {"via": "contact", "contact_id": str(twin[0])})
        assert told(world, school, child) == leads(school)

    async def test_lifts_no_bar_by_another_address_of_the_same_row(
        self, world: World, school: School
    ) -> None:
        roster = Roster(school)
        await roster.bring(package(*family()))
        child = UUID(roster.child("k1")["id"])
        world.sql("update contact set may_be_told = false where child_id = %s", child)
        changed = {"email": "new@example.org", "phone": "01632960999", "givenName": "Ash"}
        await roster.bring(package(*family(**changed)))
        assert told(world, school, child) == leads(school)
        for was in ({"email": "lee@example.org"}, {"phone": "01632960123"}, {"name": "Lee Vale"}):
            twin = await a_contact(world, school, child, **({"name": "Xi"} | was | PR))
            recipient = {"via": "contact", "contact_id": twin}
            assert not await goes_by_one(school, child, recipient), was


ODD = {
    "quoted": '"lee"@example.org',
    "a hidden character": "l\u200bee@example.org",
    "a hidden character in the domain": "lee@exam\u200bple.org",
    "wide letters": "ｌｅｅ@example.org",
    "a relay's other way": "lee%example.org@relay.example",
    "an encoded sign": "lee%40example.org@relay.example",
    "encoded letters": "%6cee@example.org",
    "a path": "relay.example!lee@example.org",
    "two signs": "lee@example.org@relay.example",
    "a comment": "lee(x)@example.org",
    "a letter for a digit": "01632 96O 123",
    "another letter for a digit": "0l632 960 123",
    "words": "ask at 01632 960 123",
    "digits behind it": "01632 960 123 99",
    "a hidden character in a number": "01632\u2060960123",
}
"""Ways to write one address or number as another text."""


class TestOddWays:
    @pytest.mark.parametrize("how", ODD)
    async def test_reach_nobody_barred_by_the_api(
        self, world: World, school: School, how: str
    ) -> None:
        """Refused as what they are, or taken for the one who is barred."""
        child = await school.child()
        await barred(world, school, child)
        field = "email" if "@" in ODD[how] else "phone"
        path = f"/v1/children/{child}/contacts"
        body = {"kind": "carer", "name": "Ash Reed", field: ODD[how]}
        answer = await school.api(Role.SCHOOL_ADMIN).post(path, body)
        assert answer.status_code in (403, 422), answer.text
        if answer.status_code == 422:
            assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{field}"]
        mine = await school.lead.post(path, {"kind": "carer", "name": "Xi", "email": "a@x.org"})
        patched = f"{path}/{mine.json()['id']}"
        changed = await school.api(Role.SCHOOL_ADMIN).patch(patched, {field: ODD[how]}, version=1)
        assert changed.status_code in (403, 422), changed.text

    @pytest.mark.parametrize("how", [one for one in ODD if one not in ("a path", "a comment")])
    async def test_are_known_in_what_a_roster_or_an_earlier_version_kept(
        self, world: World, school: School, how: str
    ) -> None:
        child = await school.child()
        await barred(world, school, child)
        field = "email" if "@" in ODD[how] else "phone"
        twin = await a_contact(world, school, child, name="Xi", **({field: ODD[how]} | PR))
        told = (await listed(school.lead, child))[twin]["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "restricted_person")

    async def test_of_a_roster_are_left_out_with_a_word(self, school: School) -> None:
        roster = Roster(school)
        adult = {"sourcedId": "m1", "role": "parent", "agentSourcedIds": "k1", "familyName": "Vale"}
        lines = [user(sourcedId="k1")]
        lines += [user(**(adult | {"email": "lee%x.org@example.org"}))]
        lines += [user(**(adult | {"sourcedId": "m2", "email": "lee@exam\u200bple.org"}))]
        done = await roster.bring(package(*lines))
        child = roster.child("k1")["id"]
        kept = roster.sql("select email from contact where child_id = %s order by source_id", child)
        assert kept == [(None,), ("lee@example.org",)]
        problems = await roster.problems(done["id"])
        assert [one["code"] for one in problems] == ["roster.contact_email"]
