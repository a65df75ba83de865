"""What somebody behind a link can send floods no inbox, and a code sent twice locks nobody out."""

import asyncio

from app.core.words import Role
from tests.api.shared import Recipient, a_sent, an_opened, step
from tests.api.sharing.test_recipient_sessions import alerts_of, wrong
from tests.world import School, World


class TestAnswers:
    async def test_are_bound_in_a_session_and_ring_once_until_read(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        answers = [
            await recipient.post("replies", {"kind": "reply", "text": f"Number {number}"})
            for number in range(24)
        ]
        assert [one.status_code for one in answers] == [201] * 20 + [429] * 4
        assert answers[-1].json()["code"] == "too_many_requests"
        assert "retry-after" in answers[-1].headers
        assert alerts_of(world, share.id).count("recipient_answered") == 1

    async def test_ring_again_once_the_last_alert_was_read(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        for text in ("One", "Two"):
            await recipient.post("replies", {"kind": "reply", "text": text})
        assert alerts_of(world, share.id).count("recipient_answered") == 1
        world.sql("update alert set acknowledged_at = now() where thing_id = %s", share.id)
        await recipient.post("replies", {"kind": "reply", "text": "Three"})
        assert alerts_of(world, share.id).count("recipient_answered") == 2

    async def test_are_bound_for_a_share_in_however_many_sessions(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        sent = 0
        for _ in range(4):
            for number in range(20):
                answer = await recipient.post(
                    "replies", {"kind": "question", "text": f"Is it {sent} or {number}?"}
                )
                sent += answer.status_code == 201
            made = await step(school.lead, share.id, "code", {"code_route": "phone"})
            assert made.status_code == 200, made.text
            await recipient.enter(made.json()["code"])
        assert sent == 60


class TestCodes:
    async def test_a_right_code_sent_twice_is_no_wrong_one(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        one, two = Recipient(world, share.token), Recipient(world, share.token)
        answers = await asyncio.gather(one.enter(share.code), two.enter(share.code))
        assert sorted(answer.status_code for answer in answers) == [201, 403]
        for _ in range(6):
            assert (await two.enter(share.code)).json()["code"] == "code_refused"
        assert (await two.look()).json()["state"] == "waiting_for_code"
        assert "recipient_locked" not in alerts_of(world, share.id)
        rows = world.sql("select wrong_codes from recipient_link where share_id = %s", share.id)
        assert rows == [(0,)]

    async def test_wrong_codes_still_lock(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        codes = [(await recipient.enter(wrong(share.code))).json()["code"] for _ in range(5)]
        assert codes == ["code_refused"] * 4 + ["link_locked"]
        owner = school[Role.DSL].id
        assert world.sql(
            "select count(*) from alert where recipient_id = %s and kind = 'recipient_locked'",
            owner,
        ) == [(1,)]
