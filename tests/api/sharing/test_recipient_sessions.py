"""What a recipient does behind a link, and what nobody else can."""

import asyncio
import base64
import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.domain.sharing.recipient_links import rules
from app.domain.sharing.recipient_links.errors import CodeRefused, LinkLocked
from app.domain.sharing.recipient_sessions import commands
from tests.api.records import verbs_about
from tests.api.shared import Recipient, a_sent, an_opened, send, step
from tests.security.capture import captured
from tests.world import Api, School, World


def raw(token: str) -> bytearray:
    """The bytes of a token, to be changed."""
    return bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))


def written(token: bytes) -> str:
    """Bytes as a token is written."""
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def kinds(answer: Any) -> list[str]:
    """What happened with a share, in order."""
    return [one["kind"] for one in answer.json()["events"]]


def alerts_of(world: World, share_id: str) -> list[str]:
    """What alerts about a share say, in order."""
    rows = world.sql("select kind from alert where thing_id = %s order by created_at", share_id)
    return [kind for (kind,) in rows]


async def guess(world: World, token: str, code: str) -> str:
    """What a code is answered with, by its code."""
    try:
        await commands.enter(world.runtime.database, token, code, f"203.0.113.{len(code)}")
    except (CodeRefused, LinkLocked) as refused:
        return refused.code
    return "entered"


def wrong(code: str) -> str:
    """Another code than this one."""
    return rules.grouped(f"{(int(rules.digits_of(code)) + 1) % 10**8:08d}")


class TestLookAtLink:
    async def test_says_what_it_waits_for(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        found = (await Recipient(world, share.token).look()).json()
        assert (found["state"], found["school"]) == ("waiting_for_code", school.name)
        assert (found["kind"], found["code_route"], found["code_used"]) == ("share", "phone", False)

    async def test_tells_nothing_of_what_is_behind_it(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        answer = await Recipient(world, share.token).look()
        assert "Marsh" not in answer.text
        assert share.id not in answer.text
        assert answer.headers["cache-control"] == "no-store"

    async def test_answers_alike_whatever_it_does_not_know(
        self, world: World, school: School, other_school: School
    ) -> None:
        share, foreign = await a_sent(world, school), await a_sent(world, other_school)
        ended = await a_sent(world, school)
        await step(school.lead, ended.id, "revoke", {"reason": "Sent in error."})
        superseded = await a_sent(world, school)
        former = superseded.token
        await send(school, superseded, by_hand=True)
        mine, theirs = raw(share.token), raw(foreign.token)
        other_secret = bytes(mine[:32]) + bytes(24)
        swapped = bytes(theirs[:16]) + bytes(mine[16:])
        unknown_link = bytes(mine[:16]) + new_id().bytes + bytes(mine[32:])
        tokens = [
            ended.token, former, written(other_secret), written(swapped), written(unknown_link),
            "x", "", share.token[:-1], share.token + "=", "%00", "é" * 20, share.token + "A",
        ]  # fmt: skip
        answers = set()
        for token in [one for one in tokens if one]:
            for method, part, body in (
                ("GET", "", None),
                ("POST", "/code", {"code": share.code}),
                ("POST", "/code-requests", None),
            ):
                answer = await Recipient(world, token).request(method, part, body)
                told = {k: v for k, v in answer.json().items() if k != "instance"}
                answers.add((answer.status_code, json.dumps(told)))
        assert len(answers) == 1
        assert next(iter(answers))[0] == 404
        assert '"link_not_found"' in next(iter(answers))[1]

    async def test_costs_alike_whatever_it_does_not_know(
        self, world: World, school: School
    ) -> None:
        share, ended = await a_sent(world, school), await a_sent(world, school)
        await step(school.lead, ended.id, "revoke", {"reason": "Sent in error."})
        forged = bytes(raw(share.token)[:32]) + bytes(24)
        counts = set()
        for token in (written(forged), ended.token, "x"):
            async with captured(world) as statements:
                await Recipient(world, token).look()
            counts.add(len(statements))
        assert len(counts) == 1

    async def test_says_that_it_is_over_to_whoever_has_it(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        with clock.shifted(timedelta(days=29)):
            found = await Recipient(world, share.token).look()
            tried = await Recipient(world, share.token).enter(share.code)
        assert found.json()["state"] == "expired"
        assert (tried.status_code, tried.json()["code"]) == (403, "link_expired")


class TestEnterCode:
    @pytest.mark.parametrize(
        "write", [str, rules.digits_of, lambda code: f" {code[:4]}-{code[5:]}"]
    )
    async def test_begins_a_session(self, world: World, school: School, write: Any) -> None:
        share = await a_sent(world, school)
        answer = await Recipient(world, share.token).enter(write(share.code))
        assert answer.status_code == 201, answer.text
        assert answer.json()["expires_at"] is not None
        assert verbs_about(world, share.id)[-1] == "recipient.entered"

    async def test_spends_the_code(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        await an_opened(world, school, share)
        again = await Recipient(world, share.token).enter(share.code)
        assert (again.status_code, again.json()["code"]) == (403, "code_refused")
        looked = await Recipient(world, share.token).look()
        assert looked.json()["code_used"] is True

    async def test_spends_the_code_once_in_a_race(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        said = await asyncio.gather(*(guess(world, share.token, share.code) for _ in range(6)))
        assert said.count("entered") == 1

    async def test_locks_after_five_wrong_codes_and_alerts_the_owner(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        stranger = Recipient(world, share.token)
        said = [(await stranger.enter(wrong(share.code))).json()["code"] for _ in range(6)]
        assert said == ["code_refused"] * 4 + ["link_locked"] * 2
        right = await stranger.enter(share.code)
        assert (right.status_code, right.json()["code"]) == (403, "link_locked")
        assert (await stranger.look()).json()["state"] == "locked"
        assert alerts_of(world, share.id) == ["recipient_locked"]
        assert verbs_about(world, share.id).count("recipient.code_wrong") == 5
        assert verbs_about(world, share.id).count("share.link_locked") == 1

    async def test_counts_guesses_that_race(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        tries = [guess(world, share.token, wrong(share.code)) for _ in range(12)]
        said = await asyncio.gather(*tries)
        assert sorted(said) == ["code_refused"] * 4 + ["link_locked"] * 8
        assert await guess(world, share.token, share.code) == "link_locked"
        ((counted,),) = world.sql(
            "select wrong_codes from recipient_link where share_id = %s", share.id
        )
        assert counted == rules.MOST_WRONG

    async def test_is_held_by_network_too(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        nobodys = Recipient(world, written(bytes(raw(share.token)[:32]) + bytes(24)))
        for _ in range(commands.TRIES.burst):
            assert (await nobodys.enter("1")).status_code == 404
        held = await Recipient(world, share.token, nobodys.address).enter(share.code)
        assert held.status_code == 429
        assert "Retry-After" in held.headers

    async def test_keeps_neither_code_nor_secret(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        secret = bytes(raw(share.token)[32:])
        digits = rules.digits_of(share.code)
        for table in ("recipient_link", "recipient_session", "trail", "share_event", "alert"):
            rows = world.sql(f"select t::text from {table} t where school_id = %s", school.id)  # noqa: S608
            text = " ".join(row for (row,) in rows)
            assert share.code not in text
            assert not re.search(rf"(?<![0-9a-f]){digits}(?![0-9a-f])", text)
            assert secret.hex() not in text
            assert share.token not in text
            assert hashlib.sha256(digits.encode()).hexdigest() not in text

    @pytest.mark.parametrize("code", ["", "1" * 61])
    async def test_takes_no_code_of_another_length(
        self, world: World, school: School, code: str
    ) -> None:
        share = await a_sent(world, school)
        assert (await Recipient(world, share.token).enter(code)).status_code == 422


class TestAskForCode:
    async def test_alerts_the_owner_and_not_too_often(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = Recipient(world, share.token)
        for _ in range(6):
            answer = await recipient.post("code-requests")
            assert answer.status_code == 202
            world.sql("update alert set acknowledged_at = now() where thing_id = %s", share.id)
        assert alerts_of(world, share.id) == ["code_asked"] * 3
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert told.json()["link"]["code_asked_at"] is not None


class TestReadShared:
    async def test_names_who_can_be_asked(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        world.sql("update organisation set phone = '01632 960123' where id = %s", school.id)
        recipient = Recipient(world, share.token)
        await recipient.enter(share.code)
        assert (await recipient.read()).json()["ask"] == {
            "name": school[Role.DSL].name, "job_title": None, "role": "dsl",
            "phone": "01632 960123",
        }  # fmt: skip

    async def test_shows_exactly_what_was_previewed(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        snapshot = await school.lead.get(f"/v1/shares/{share.id}/snapshot")
        recipient = await an_opened(world, school, share)
        found = await recipient.read()
        assert found.status_code == 200, found.text
        assert snapshot.content in found.content
        assert found.json()["sha256"] == hashlib.sha256(snapshot.content).hexdigest()
        alone = await recipient.read("snapshot")
        assert alone.content == snapshot.content
        assert alone.headers["cache-control"] == "no-store"
        assert json.loads(snapshot.content) == found.json()["snapshot"]

    async def test_moves_the_share_and_is_noted_once_a_session(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.read()
        await recipient.read()
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert told.json()["state"] == "opened"
        assert kinds(told) == ["approved", "sent", "opened"]
        assert verbs_about(world, share.id).count("share.read") == 2
        openings = await school.lead.get(f"/v1/shares/{share.id}/openings")
        [opened] = openings.json()["items"]
        assert (opened["how"], opened["recorded_by"]) == ("link", None)
        assert opened["link_id"] == share.answer["link_id"]

    async def test_keeps_the_first_part_of_the_network_alone(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        entered = await commands.enter(
            world.runtime.database, share.token, share.code, "203.0.113.77"
        )
        await commands.read(world.runtime.database, share.token, entered.session)
        openings = await school.lead.get(f"/v1/shares/{share.id}/openings")
        assert openings.json()["items"][0]["network"] == "203.0.113.0/24"
        for table in ("recipient_session", "share_event", "trail"):
            rows = world.sql(f"select t::text from {table} t where school_id = %s", school.id)  # noqa: S608
            assert "203.0.113.77" not in " ".join(row for (row,) in rows)

    async def test_refuses_every_session_but_its_own(
        self, world: World, school: School, other_school: School
    ) -> None:
        one, two = await a_sent(world, school), await a_sent(world, school)
        three = await a_sent(world, other_school)
        mine = await an_opened(world, school, one)
        others = [
            (await an_opened(world, school, two)).session,
            (await an_opened(world, other_school, three)).session,
        ]
        forged = bytes(raw(mine.session)[:16]) + bytes(24)
        own = mine.session
        for session in (*others, written(forged), "", "x", written(new_id().bytes + bytes(24))):
            mine.session = session
            answer = await mine.read()
            assert (answer.status_code, answer.json()["code"]) == (401, "recipient_session_over")
        mine.session = own
        for token in (two.token, three.token, written(bytes(raw(one.token)[:32]) + bytes(24))):
            elsewhere = Recipient(world, token)
            elsewhere.session = own
            assert (await elsewhere.read()).status_code == 401
        assert (await mine.read()).status_code == 200

    async def test_is_no_way_into_the_rest(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        for token in (recipient.session, share.token):
            answer = await Api(world, token).get(f"/v1/shares/{share.id}")
            assert answer.status_code == 401

    async def test_ends_when_it_is_not_used(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        with clock.shifted(timedelta(minutes=29)):
            assert (await recipient.read()).status_code == 200
        with clock.shifted(timedelta(minutes=58)):
            assert (await recipient.read()).status_code == 200
        with clock.shifted(timedelta(minutes=89)):
            over = await recipient.read()
        assert (over.status_code, over.json()["code"]) == (401, "recipient_session_over")

    async def test_ends_after_a_working_day_however_it_is_used(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        for minutes in range(0, 480, 25):
            with clock.shifted(timedelta(minutes=minutes)):
                assert (await recipient.read()).status_code == 200
        with clock.shifted(timedelta(minutes=481)):
            assert (await recipient.read()).status_code == 401

    async def test_ends_in_the_second_in_which_the_share_does(
        self, world: World, school: School
    ) -> None:
        ends = clock.now() + timedelta(minutes=10)
        share = await a_sent(world, school, expires_at=ends.isoformat())
        recipient = await an_opened(world, school, share)
        with clock.shifted(timedelta(minutes=9, seconds=50)):
            assert (await recipient.read()).status_code == 200
        with clock.shifted(timedelta(minutes=10, seconds=1)):
            assert (await recipient.read()).status_code == 401

    async def test_ends_at_once_when_the_share_is_revoked(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.read()
        revoked = await step(school.lead, share.id, "revoke", {"reason": "She moved out."})
        assert revoked.json()["link"] is None
        over = await recipient.read()
        assert (over.status_code, over.json()["code"]) == (401, "recipient_session_over")
        assert (await recipient.look()).status_code == 404
        kept = world.sql(
            "select sealed, code_mac, address from recipient_link where share_id = %s", share.id
        )
        assert kept == [(None, None, None)]

    async def test_ends_when_the_recipient_leaves(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        left = await recipient.request("DELETE", "/session")
        assert left.status_code == 204
        assert (await recipient.read()).status_code == 401

    async def test_is_what_was_approved_whatever_became_of_the_record(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        before = await school.lead.get(f"/v1/shares/{share.id}/snapshot")
        recipient = await an_opened(world, school, share)
        await school.staff.post(
            f"/v1/concerns/{share.concern}/amendments",
            {"kind": "addition", "text": "Later.", "reason": "Remembered."},
        )
        assert (await recipient.read("snapshot")).content == before.content


class TestAcknowledgeShared:
    async def test_reaches_the_lead(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.read()
        answer = await recipient.post("acknowledge", {"by": "Kim Marsh"}, key="k1")
        assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")
        told = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        assert (told["state"], told["due_at"]) == ("acknowledged", None)
        assert told["events"][-1]["by"] is None
        assert alerts_of(world, share.id) == ["recipient_answered"]
        rows = world.sql(
            "select actor_role, actor_id::text, session_id is not null from trail"
            " where noun_id = %s and verb = 'share.answered' order by seq desc limit 1",
            share.id,
        )
        assert rows == [("recipient", share.answer["link_id"], True)]

    async def test_counts_once(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        first = await recipient.post("acknowledge", {}, key="k1")
        again = await recipient.post("acknowledge", {}, key="k1")
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json() == first.json()
        await recipient.post("acknowledge", {})
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert kinds(told).count("acknowledged") == 1
        assert alerts_of(world, share.id) == ["recipient_answered"]

    async def test_stays_acknowledged_when_it_is_read_again(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.post("acknowledge", {})
        assert (await recipient.read()).json()["state"] == "acknowledged"


class TestReplyToShared:
    async def test_is_kept_and_alerts_the_owner(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        body = {"kind": "reply", "text": "Thank you for telling me."}
        first = await recipient.post("replies", body, key="k1")
        again = await recipient.post("replies", body, key="k1")
        other = await recipient.post("replies", body | {"text": "No."}, key="k1")
        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert kinds(told) == ["approved", "sent", "replied"]
        assert told.json()["events"][-1]["text"] == "Thank you for telling me."
        assert alerts_of(world, share.id) == ["recipient_answered"]
        said = (await recipient.read()).json()["said"]
        assert [(one["by"], one["kind"]) for one in said] == [("recipient", "replied")]

    async def test_counts_what_is_sent_twice_once(self, world: World, school: School) -> None:
        """As a page without scripts does it, which has no key."""
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        body = {"kind": "question", "text": "Who saw it?"}
        for _ in range(2):
            assert (await recipient.post("replies", body)).status_code == 201
        with clock.shifted(timedelta(minutes=3)):
            assert (await recipient.post("replies", body)).status_code == 201
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert kinds(told).count("question") == 2

    @pytest.mark.parametrize(
        "body",
        [
            {"kind": "reply", "text": ""},
            {"kind": "reply", "text": "x" * 20_001},
            {"kind": "opened", "text": "x"},
            {"kind": "reply", "text": "\u0000"},
            {"kind": "reply"},
            {"kind": "reply", "text": "x", "more": 1},
        ],
    )
    async def test_takes_nothing_else(
        self, world: World, school: School, body: dict[str, Any]
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        assert (await recipient.post("replies", body)).status_code == 422

    async def test_has_no_outcome(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        body = {"outcome": "no_further_action", "by": "Kim"}
        answer = await recipient.post("outcome", body)
        assert answer.status_code in (409, 422)

    async def test_asks_for_a_correction_that_is_answered(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.post("acknowledge", {})
        body = {"kind": "correction_requested", "text": "It was the other arm."}
        assert (await recipient.post("replies", body)).status_code == 201
        told = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        assert (told["state"], told["waiting_for"]) == ("acknowledged", "correction_answer")
        assert told["due_at"] is not None
        assert "answer_correction" in told["permissions"]
        assert alerts_of(world, share.id)[-1] == "correction_asked"
        rows = world.sql(
            "select rule_id from deadline where thing_id = %s and ended_at is null", share.id
        )
        assert rows == [("share.correction",)]
        await recipient.post("replies", {"kind": "reply", "text": "And thank you."})
        answered = await step(
            school.lead, share.id, "correction-answers",
            {"accepted": True, "reason": "You are right: we wrote it down wrongly."},
        )  # fmt: skip
        assert answered.status_code == 200, answered.text
        assert (answered.json()["waiting_for"], answered.json()["due_at"]) == (None, None)
        assert "share.correction_answered" in verbs_about(world, share.id)
        said = (await recipient.read()).json()["said"][-1]
        assert (said["by"], said["accepted"]) == ("school", True)
        assert said["text"] == "You are right: we wrote it down wrongly."
        twice = await step(
            school.lead, share.id, "correction-answers", {"accepted": True, "reason": "x"}
        )
        assert twice.status_code == 409

    async def test_asks_something_that_is_answered(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.post("replies", {"kind": "question", "text": "Who saw it?"})
        told = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        assert told["waiting_for"] == "answer"
        await recipient.post("acknowledge", {})
        told = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        assert (told["state"], told["ended_at"]) == ("acknowledged", None)
        answered = await step(school.lead, share.id, "answers", {"text": "Phone me, please."})
        assert answered.status_code == 200, answered.text
        assert (answered.json()["waiting_for"], answered.json()["due_at"]) == (None, None)
        said = (await recipient.read()).json()["said"]
        assert [one["by"] for one in said] == ["recipient", "recipient", "school"]

    async def test_needs_its_permission(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        for verb, body in (
            ("correction-answers", {"accepted": True, "reason": "x"}),
            ("answers", {"text": "x"}),
        ):
            answer = await school.api(Role.STAFF).post(
                f"/v1/shares/{share.id}/{verb}", body, version=1
            )
            assert answer.status_code == 403


class TestRaces:
    async def test_of_reading_and_revoking_end_in_no_fault(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        *read, revoked = await asyncio.gather(
            *(recipient.read() for _ in range(6)),
            step(school.lead, share.id, "revoke", {"reason": "She moved out."}),
        )
        assert {one.status_code for one in read} <= {200, 401}
        if revoked.status_code == 412:
            revoked = await step(school.lead, share.id, "revoke", {"reason": "She moved out."})
        assert revoked.status_code == 200
        assert (await recipient.read()).status_code == 401

    async def test_of_entering_and_revoking_leave_no_session(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = Recipient(world, share.token)
        entered, revoked = await asyncio.gather(
            recipient.enter(share.code),
            step(school.lead, share.id, "revoke", {"reason": "She moved out."}),
        )
        assert (entered.status_code in (201, 404), revoked.status_code) == (True, 200)
        assert (await recipient.read()).status_code == 401


class TestHangUp:
    async def test_does_not_cut_an_answer_in_two(self, world: World, school: School) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        asked = asyncio.create_task(
            recipient.post("replies", {"kind": "reply", "text": "Once."}, key="k1")
        )
        await asyncio.sleep(0.005)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await world.runtime.drain()
        answer = await recipient.post("replies", {"kind": "reply", "text": "Once."}, key="k1")
        assert answer.status_code == 201
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert kinds(told).count("replied") == 1
