"""Sending a share: its link and code, who may be told, and what staff do about a link."""

import asyncio
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.sharing.recipient_links import rules
from tests.api.records import a_concern, a_contact, a_share, verbs_about
from tests.api.shared import Recipient, a_sent, an_approved, an_opened, send, step
from tests.deadlines import keep_clocks
from tests.world import School, World

WRONG = "0000 0000"
GONE = """
with gone as (
  insert into transfer (school_id, id, reference, child_id, reason_code, destination_kind,
    destination, state, ended_at, owner_id, due_at, prepared_at, changed_at)
  select c.school_id, gen_random_uuid(), gen_random_uuid()::text, c.id, 'left_in_year',
    'elsewhere', '{}', 'locked', now(), %s, now(), now(), now()
  from child c where c.id = %s
  returning school_id, id, child_id)
insert into file_lock (school_id, id, child_id, transfer_id, locked_at)
select school_id, gen_random_uuid(), child_id, id, now() from gone
"""
"""The child's file has gone to another school."""


async def bar(world: World, share: Any, **columns: Any) -> None:
    """Say of the mother that she may not be told."""
    names = ", ".join(f"{name} = %s" for name in columns)
    world.sql(f"update contact set {names} where id = %s", *columns.values(), share.contact)  # noqa: S608


async def confirm(school: School, role: Role, share_id: str) -> Any:
    """Sign that she still may read it."""
    return await step(school.api(role), share_id, "confirm", {"guard_reason": "She asked for it."})


async def lock(world: World, token: str) -> None:
    """Five wrong codes."""
    stranger = Recipient(world, token)
    for _ in range(rules.MOST_WRONG):
        await stranger.enter(WRONG)


class TestSendShare:
    async def test_answers_link_and_code_once(self, world: World, school: School) -> None:
        share = await an_approved(world, school)
        answer = await send(school, share)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["share"]["state"] == "available"
        assert (told["mailed"], told["code_route"]) == (False, "phone")
        assert told["link"].startswith(f"{world.runtime.settings.base_url}/shared/")
        assert rules.grouped(rules.digits_of(told["code"])) == told["code"]
        read = await school.lead.get(f"/v1/shares/{share.id}")
        assert told["code"] not in read.text
        assert share.token not in read.text
        assert read.json()["link"]["id"] == told["link_id"]
        assert "share.sent" in verbs_about(world, share.id)
        keep_clocks(world, school.id, "share")

    async def test_keeps_the_language_of_a_link_that_is_handed_over(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school)
        assert (await send(school, share, by_hand=True, language="cy")).status_code == 200
        assert (await Recipient(world, share.token).look()).json()["language"] == "cy"

    async def test_gives_it_an_end_by_the_rule(self, world: World, school: School) -> None:
        share = await an_approved(world, school)
        told = (await send(school, share)).json()
        assert told["share"]["expires_at"] == told["expires_at"]
        days = world.sql(
            "select extract(day from expires_at - now())::int from share where id = %s", share.id
        )
        assert days[0][0] in (27, 28)

    async def test_mails_the_link_where_an_address_is_kept(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school, contact={"email": "kim.marsh@example.org"})
        told = (await send(school, share)).json()
        assert (told["mailed"], told["link"]) == (True, None)
        rows = world.sql(
            "select args::text from procrastinate_jobs where task_name = 'recipient.send_link'"
            " and args->>'school_id' = %s",
            str(school.id),
        )
        assert len(rows) == 1
        assert "kim" not in rows[0][0]
        trail = world.sql("select t::text from trail t where school_id = %s", school.id)
        assert "kim.marsh" not in str(trail)

    async def test_asks_for_an_address_where_none_is_kept(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school)
        assert (await send(school, share, email="kim@example.org")).json()["mailed"] is True
        trail = world.sql("select t::text from trail t where school_id = %s", school.id)
        assert "kim@example.org" not in str(trail)

    async def test_shows_for_good_to_who_may_send_where_it_was_mailed_to(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school)
        await send(school, share, email="old@example.org")
        await send(school, share, email="new@example.org")
        await step(school.lead, share.id, "revoke", {"reason": "She moved out."})
        seen = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        told = [one["to"] for one in seen["events"] if one["kind"] == "sent"]
        assert told == ["old@example.org", "new@example.org"]
        kept = world.sql("select details::text from share_event where share_id = %s", share.id)
        trail = world.sql("select t::text from trail t where school_id = %s", school.id)
        assert "example.org" not in str([kept, trail])

    async def test_takes_no_other_address_than_the_contacts(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school, contact={"email": "kim@example.org"})
        answer = await send(school, share, email="else@example.org")
        [problem] = answer.json()["errors"]
        assert (answer.status_code, problem["code"]) == (422, "other_address")

    @pytest.mark.parametrize(
        "columns",
        [
            {"alleged_source_of_harm": True},
            {"may_be_told": False, "may_be_told_reason": "A court said so."},
        ],
    )
    async def test_mails_nothing_to_whom_is_barred(
        self, world: World, school: School, columns: dict[str, Any]
    ) -> None:
        """An address typed for the mother that is kept as the father's."""
        share = await an_approved(world, school)
        kept = {"kind": "father", "name": "Rob Marsh", "email": "rob@example.org"}
        await a_contact(world, school, share.child, **kept, **columns)
        answer = await send(school, share, email="Rob+mail@Example.org")
        [problem] = answer.json()["errors"]
        assert (answer.status_code, problem["code"]) == (422, "barred_address")
        assert world.sql("select count(*) from recipient_link where share_id = %s", share.id) == [
            (0,)
        ]
        assert (await send(school, share, email="kim@example.org")).status_code == 200

    async def test_asks_two_people_where_a_barred_contact_has_the_same_number(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school, contact={"phone": "07700 900123"})
        kept = {"kind": "father", "name": "Rob Marsh", "phone": "+44 7700 900123"}
        await a_contact(world, school, share.child, **kept, alleged_source_of_harm=True)
        assert (await send(school, share)).json()["code"] == "recipient_barred"
        for role in (Role.DSL, Role.HEADTEACHER):
            assert (await confirm(school, role, share.id)).status_code == 200
        assert (await send(school, share)).status_code == 200

    async def test_uses_no_address_that_nobody_approved_unseen(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school, contact={"email": "kim@example.org"})
        world.sql("update contact set email = 'kim@else.org' where id = %s", share.contact)
        answer = await send(school, share)
        assert (answer.status_code, answer.json()["code"]) == (409, "address_changed")
        assert (await send(school, share, by_hand=True)).status_code == 200
        assert (await send(school, share, email="kim@else.org")).json()["mailed"] is True

    async def test_is_sent_once_more_only_while_the_file_is_here(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        assert (await send(school, share)).status_code == 200
        other = await an_approved(world, school)
        for one in (share, other):
            world.sql(GONE, school[Role.DSL].id, one.child)
        again = await send(school, share)
        assert (again.status_code, again.json()["code"]) == (409, "file_locked")
        assert (await send(school, other)).status_code == 200

    async def test_is_handed_over_once_more_only_while_the_file_is_here(
        self, world: World, school: School
    ) -> None:
        share, approved = await a_sent(world, school), await an_approved(world, school)
        for one in (share, approved):
            world.sql(GONE, school[Role.DSL].id, one.child)
        body = {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh"}
        again = await step(school.lead, share.id, "hand-over", body)
        assert (again.status_code, again.json()["code"]) == (409, "file_locked")
        offered = (await school.lead.get(f"/v1/shares/{share.id}")).json()["permissions"]
        assert not {"send_share", "record_hand_over"} & {*offered}
        assert {"renew_share_code", "revoke_share"} <= {*offered}
        first = await step(school.lead, approved.id, "hand-over", body)
        assert first.json()["state"] == "available", first.text

    async def test_refuses_one_route_for_both(self, world: World, school: School) -> None:
        share = await an_approved(world, school, contact={"email": "kim@example.org"})
        answer = await send(school, share, "email")
        assert answer.json()["errors"][0]["code"] == "same_route"
        by_hand = await send(school, share, "email", by_hand=True)
        assert by_hand.status_code == 200

    async def test_ends_the_link_before(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        first = await an_opened(world, school, share)
        await send(school, share, by_hand=True)
        assert (await first.read()).status_code == 401
        assert (await first.look()).status_code == 404
        second = await an_opened(world, school, share)
        assert (await second.read()).status_code == 200

    async def test_leaves_one_link_in_a_race(self, world: World, school: School) -> None:
        share = await an_approved(world, school)
        answers = await asyncio.gather(*(send(school, share, by_hand=True) for _ in range(4)))
        assert sorted({one.status_code for one in answers}) in ([200, 412], [200])
        living = world.sql(
            "select count(*) from recipient_link where share_id = %s and ended_at is null", share.id
        )
        assert living == [(1,)]

    async def test_needs_approval_first(self, world: World, school: School) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child)
        body = a_share(
            child, {"via": "contact", "contact_id": contact}, await a_concern(school, child)
        )
        drafted = (await school.lead.post("/v1/shares", body)).json()
        answer = await step(school.lead, drafted["id"], "send", {"code_route": "phone"})
        assert answer.status_code == 409

    @pytest.mark.parametrize(
        "fields", [{"code_route": "smoke"}, {"language": "fr"}, {"email": "x"}]
    )
    async def test_takes_nothing_else(
        self, world: World, school: School, fields: dict[str, Any]
    ) -> None:
        share = await an_approved(world, school)
        answer = await step(school.lead, share.id, "send", {"code_route": "phone"} | fields)
        assert answer.status_code == 422


class TestRenewShareCode:
    async def test_opens_a_lock_and_ends_the_old_code(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        await lock(world, share.token)
        answer = await step(school.lead, share.id, "code", {"code_route": "phone"})
        assert answer.status_code == 200, answer.text
        recipient = Recipient(world, share.token)
        assert (await recipient.enter(share.code)).json()["code"] == "code_refused"
        assert (await recipient.enter(answer.json()["code"])).status_code == 201
        assert (await recipient.read()).status_code == 200

    async def test_begins_a_further_session(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        await an_opened(world, school, share)
        answer = await step(school.lead, share.id, "code", {"code_route": "in_person"})
        assert (await Recipient(world, share.token).enter(answer.json()["code"])).status_code == 201

    async def test_needs_a_link(self, world: World, school: School) -> None:
        share = await an_approved(world, school)
        world.sql("update share set state = 'available' where id = %s", share.id)
        answer = await step(school.lead, share.id, "code", {"code_route": "phone"})
        assert (answer.status_code, answer.json()["code"]) == (409, "link_missing")


class TestGuardRails:
    @pytest.mark.parametrize(
        "columns",
        [
            {"alleged_source_of_harm": True},
            {"may_be_told": False, "may_be_told_reason": "A court said so."},
            {"contact_allowed": "no"},
        ],
    )
    async def test_stop_it_before_it_is_sent(
        self, world: World, school: School, columns: dict[str, Any]
    ) -> None:
        share = await an_approved(world, school)
        await bar(world, share, **columns)
        answer = await send(school, share)
        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_barred")
        by_hand = {
            "route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh",
            "by_id": str(school[Role.STAFF].id),
        }  # fmt: skip
        path = f"/v1/shares/{share.id}"
        version = (await school.lead.get(path)).headers["etag"].strip('"')
        handed = await school.lead.post(f"{path}/hand-over", by_hand, version=version)
        assert (handed.status_code, handed.json()["code"]) == (409, "recipient_barred")

    async def test_stop_it_where_it_stands_until_two_people_look(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        assert (await recipient.read()).status_code == 200
        await bar(world, share, alleged_source_of_harm=True)
        stopped = await recipient.read()
        assert (stopped.status_code, stopped.json()["code"]) == (403, "link_stopped")
        replied = await recipient.post("replies", {"kind": "reply", "text": "Why?"})
        assert replied.status_code == 403
        one = await confirm(school, Role.DSL, share.id)
        assert one.status_code == 200, one.text
        assert (await confirm(school, Role.DSL, share.id)).json()["code"] == "second_person_needed"
        assert (await recipient.read()).status_code == 403
        assert (await confirm(school, Role.HEADTEACHER, share.id)).status_code == 200
        assert (await recipient.read()).status_code == 200
        assert (await confirm(school, Role.DSL, share.id)).status_code == 409

    async def test_stop_it_anew_for_another_reason(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await bar(world, share, contact_allowed="no")
        for role in (Role.DSL, Role.HEADTEACHER):
            await confirm(school, role, share.id)
        assert (await recipient.read()).status_code == 200
        await bar(world, share, alleged_source_of_harm=True)
        assert (await recipient.read()).status_code == 403

    @pytest.mark.parametrize("told", [None, True])
    async def test_stop_it_for_a_contact_who_has_gone(
        self, world: World, school: School, told: bool | None
    ) -> None:
        """That a step-parent might be told holds while they are a contact of the child."""
        share = await an_approved(world, school)
        await bar(world, share, may_be_told=told, may_be_told_reason=told and "He cares for her.")
        waiting = await a_sent(world, school)
        recipient = await an_opened(world, school, waiting)
        for one in (share, waiting):
            await bar(world, one, may_be_told=told, valid_to=clock.now().date())
        assert (await send(school, share)).json()["code"] == "recipient_barred"
        assert (await recipient.read()).json()["code"] == "link_stopped"

    async def test_tell_the_owner_when_it_stops_someone_who_reads(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await bar(world, share, alleged_source_of_harm=True)
        for _ in range(2):
            assert (await recipient.read()).status_code == 403
        told = world.sql("select kind from alert where thing_id = %s", share.id)
        assert told == [("recipient_stopped",)]

    async def test_keep_the_code_and_tell_the_owner_once(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        await bar(world, share, alleged_source_of_harm=True)
        recipient = Recipient(world, share.token)
        for _ in range(2):
            answer = await recipient.enter(share.code)
            assert (answer.status_code, answer.json()["code"]) == (403, "link_stopped")
        told = world.sql("select kind from alert where thing_id = %s", share.id)
        assert told == [("recipient_stopped",)]
        renewed = await step(school.lead, share.id, "code", {"code_route": "phone"})
        assert renewed.json()["code"] == "recipient_barred"
        await bar(world, share, alleged_source_of_harm=False)
        assert (await recipient.enter(share.code)).status_code == 201

    async def test_let_through_what_two_people_approved_knowing_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child, alleged_source_of_harm=True)
        concern = await a_concern(school, child)
        body = a_share(child, {"via": "contact", "contact_id": contact}, concern)
        drafted = (await school.lead.post("/v1/shares", body)).json()
        for role in (Role.DSL, Role.HEADTEACHER):
            command = {"reason": "A court asks.", "guard_reason": "The order says so."}
            answer = await step(school.api(role), drafted["id"], "approve", command)
            assert answer.status_code == 200, answer.text
        sent = await step(school.lead, drafted["id"], "send", {"code_route": "phone"})
        assert sent.status_code == 200, sent.text
