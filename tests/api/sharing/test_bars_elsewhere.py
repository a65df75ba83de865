"""Who may not be told gets no referral and no file, by whatever they are known."""

from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from tests.api.record.test_contacts_bars import BAR, LEE
from tests.api.records import a_concern, a_contact, a_share
from tests.api.referring import a_body, a_draft, an_agency, now, step
from tests.api.sharing.test_shares import SOCIAL_WORKER, a_hand_over, an_approved
from tests.api.sharing.test_shares import step as hand_over
from tests.api.sharing.test_transfer_packets import packed
from tests.transfers import elsewhere, prepared
from tests.world import School, World

REASONS = {"reason": "They ask for help."}
AGENCIES: dict[str, dict[str, Any]] = {
    "name": {"name": "Mr Obrien Marsh, LEE"},
    "address": {"email": "LEE+work@example.org"},
    "phone": {"phone": "+44 1632 960123"},
    "phone at night": {"out_of_hours_phone": "01632960123"},
}
SCHOOLS: dict[str, dict[str, Any]] = {
    "name": {"name": "Lee O'Brien-Marsh"},
    "lead": {"lead": "Lee OBrien Marsh"},
    "email": {"email": "lee@example.org"},
}


async def barred(world: World, school: School, child: UUID, **known: str) -> None:
    """A father who may not be told and has gone since: the bar stays."""
    gone = {"valid_to": clock.now().date()}
    await a_contact(world, school, child, **(LEE | BAR | gone | known))


def problems_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


class TestAReferral:
    @pytest.mark.parametrize("known_by", AGENCIES)
    async def test_is_not_approved_for_somebody_barred(
        self, world: World, school: School, known_by: str
    ) -> None:
        body = await a_body(school, await an_agency(school, **AGENCIES[known_by]))
        await barred(world, school, UUID(body["child_id"]))
        answer = await step(school.lead, await a_draft(school, body), "approve", REASONS)
        ((pointer, code),) = problems_of(answer)
        assert pointer.startswith("/agency_id")
        assert code == "barred_address"

    async def test_is_approved_for_anybody_else(self, world: World, school: School) -> None:
        body = await a_body(school, await an_agency(school, phone="01632 960 124"))
        await barred(world, school, UUID(body["child_id"]))
        answer = await step(school.lead, await a_draft(school, body), "approve", REASONS)
        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize(
        ("sending", "pointer"),
        [
            ({"to": "Lee O'Brien-Marsh"}, "/to"),
            ({"to": "01632 960123"}, "/to"),
            ({"to": "Lee, on 01632 960123"}, "/to"),
            ({"to": "Desk (lee@example.org)"}, "/to"),
            ({"to": "MASH"}, "/agency_id"),
        ],
        ids=["to them", "at their number", "to both", "at their address", "at their number since"],
    )
    async def test_is_not_sent_to_somebody_barred(
        self, world: World, school: School, sending: dict[str, str], pointer: str
    ) -> None:
        agency = await an_agency(school)
        body = await a_body(school, agency)
        await barred(world, school, UUID(body["child_id"]))
        referral = await a_draft(school, body)
        assert (await step(school.lead, referral, "approve", REASONS)).status_code == 200
        if pointer == "/agency_id":
            world.sql("update agency set phone = '01632 960123' where id = %s", agency)
        how = {"route": "phoned", "at": now()} | sending
        answer = await step(school.lead, referral, "send", how)
        assert problems_of(answer) == [(pointer, "barred_address")]


class TestATransfer:
    @pytest.mark.parametrize("known_by", SCHOOLS)
    async def test_is_not_approved_for_somebody_barred(
        self, world: World, school: School, known_by: str
    ) -> None:
        child = await school.child()
        await barred(world, school, child)
        made = await prepared(school, elsewhere(child, **SCHOOLS[known_by]))
        path = f"/v1/transfers/{made['id']}/approve"
        answer = await school.lead.post(path, {"reason": "She has left."}, version=1)
        assert problems_of(answer) == [(f"/destination/{known_by}", "barred_address")]

    @pytest.mark.parametrize(
        ("to", "pointer"),
        [
            ("Lee OBrien Marsh", "/to"),
            ("lee@example.org", "/to"),
            ("Sam Hill", "/destination/email"),
        ],
        ids=["to them", "at their address", "at their address since"],
    )
    async def test_is_not_handed_to_somebody_barred(
        self, world: World, school: School, to: str, pointer: str
    ) -> None:
        child = await school.child()
        made = await packed(world, school, child, email="office@hilltop.example")
        known = {"email": "office@hilltop.example"} if pointer.endswith("email") else {}
        await barred(world, school, child, **known)
        version = world.version("transfer", made["id"])
        how = {"route": "in_person", "at": now(), "to": to}
        path = f"/v1/transfers/{made['id']}/send"
        answer = await school.lead.post(path, how, version=version)
        assert problems_of(answer) == [(pointer, "barred_address")]


HOME: dict[str, dict[str, str]] = {
    "name": {"name": "Kim Marsh"},
    "address": {"email": "KIM+x@example.org"},
    "phone": {"phone": "01632 960777"},
}


async def mother_of(world: World, school: School, child: UUID) -> None:
    """A mother who may be told, where nothing guards it."""
    await a_contact(world, school, child, email="kim@example.org", phone="01632 960777")


class TestHome:
    """What guards a share to the family guards a referral and a file that would reach them."""

    @pytest.mark.parametrize("known_by", HOME)
    async def test_gets_no_referral_under_another_name(
        self, world: World, school: School, known_by: str
    ) -> None:
        body = await a_body(school, await an_agency(school, **HOME[known_by]))
        child = UUID(body["child_id"])
        await mother_of(world, school, child)
        referral = await a_draft(school, body)
        await a_concern(school, child, categories=["forced_marriage"])
        answer = await step(school.lead, referral, "approve", REASONS)
        assert problems_of(answer) == [("/agency_id", "guarded_home")]

    async def test_gets_one_where_nothing_guards_it(self, world: World, school: School) -> None:
        body = await a_body(school, await an_agency(school, **HOME["name"]))
        await mother_of(world, school, UUID(body["child_id"]))
        answer = await step(school.lead, await a_draft(school, body), "approve", REASONS)
        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize(
        ("verb", "sending", "pointer"),
        [
            ("send", {"route": "phoned", "to": "Kim Marsh"}, "/to"),
            ("send", {"route": "phoned", "to": "Desk (kim@example.org)"}, "/to"),
            ("link", {"code_route": "phone", "email": "kim@example.org"}, "/email"),
        ],
    )
    async def test_gets_nothing_that_was_approved(
        self, world: World, school: School, verb: str, sending: dict[str, str], pointer: str
    ) -> None:
        body = await a_body(school, await an_agency(school))
        child = UUID(body["child_id"])
        await mother_of(world, school, child)
        concern = str(body["concern_id"])
        world.sql("update concern set categories = array['forced_marriage'] where id = %s", concern)
        referral = await a_draft(school, body)
        assert (await step(school.lead, referral, "approve", REASONS)).status_code == 200
        how = sending | ({"at": now()} if verb == "send" else {})
        answer = await step(school.lead, referral, verb, how)
        assert problems_of(answer) == [(pointer, "guarded_home")]

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", "Kim Marsh"), ("lead", "Kim Marsh"), ("email", "kim@example.org")],
    )
    async def test_gets_no_file(self, world: World, school: School, field: str, value: str) -> None:
        """Nor of what has ended: a file holds all of it."""
        child = await school.child()
        await mother_of(world, school, child)
        concern = await a_concern(school, child, categories=["forced_marriage"])
        world.sql(
            "update concern set state = 'closed', ended_at = now() where id = %s", concern
        )  # fmt: skip
        world.sql(
            "update deadline set ended_at = now(), ended_reason_code = 'closed', next_at = null"
            " where thing_id = %s", concern,
        )  # fmt: skip
        made = await prepared(school, elsewhere(child, **{field: value}))
        path = f"/v1/transfers/{made['id']}/approve"
        answer = await school.lead.post(path, {"reason": "She has left."}, version=1)
        assert problems_of(answer) == [(f"/destination/{field}", "guarded_home")]


class TestAShare:
    @pytest.mark.parametrize("to", ["Lee OBrien Marsh", "01632 960123", "Lee, lee@example.org"])
    async def test_is_not_handed_to_somebody_barred(
        self, world: World, school: School, to: str
    ) -> None:
        child = await school.child()
        share = await an_approved(
            school, a_share(child, SOCIAL_WORKER, await a_concern(school, child))
        )
        await barred(world, school, child)
        answer = await hand_over(school.lead, share, "hand-over", a_hand_over(to=to))
        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_barred")
        kind = {"route": "in_person", "at": now(), "to": "Sam Field"}
        sent = await hand_over(school.lead, share, "hand-over", kind)
        assert sent.status_code == 200, sent.text
