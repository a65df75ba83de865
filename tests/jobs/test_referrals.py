"""Telling an agency's own system: signed, without content, again and again, and never lost."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from app.core.settings import Settings
from app.core.targets import Reach
from app.core.words import Role
from app.db.unit_of_work import open_work
from app.domain.sharing.referral_deliveries.commands import (
    MOST,
    SENT,
    TASK,
    note_delivery,
    parcel_of,
)
from app.integrations.storage import storage_from_url
from app.integrations.vault import Vault
from app.integrations.webhook_sender import HttpSender
from app.jobs.referrals import deliver
from app.jobs.resealing import reseal
from app.jobs.runner import Adapters, Run, TryLater
from tests.api.records import verbs_about
from tests.api.referring import a_body, a_draft, a_sent, alerts_of, an_agency, now, step
from tests.doubles import MemoryMail
from tests.jobs.delivering import NAME, names
from tests.receiver import Receiver, a_receiver
from tests.world import School, World

pytestmark = pytest.mark.machine_time

HERE = Reach.of(("127.0.0.0/8",), (), local=True)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


@pytest.fixture
def run(world: World, app_settings: Settings) -> Run:
    """A job of this process."""
    storage = storage_from_url(app_settings.storage_url)
    adapters = Adapters(app_settings, world.runtime.database, MemoryMail(), storage)
    return Run(adapters, None, {})  # type: ignore[arg-type]


class Told:
    """An agency whose system is told at a path of the receiver."""

    def __init__(self, school: School, receiver: Receiver, run: Run, path: str) -> None:
        self.school, self.receiver, self.run, self.path = school, receiver, run, path
        self.agency = self.secret = ""

    async def begin(self, world: World) -> "Told":
        """Add the agency and its address."""
        self.agency = await an_agency(self.school)
        vault = Vault(self.run.adapters.settings.keys_dir)
        secret = b"0123456789abcdef0123456789abcdef"
        sealed = vault.seal(secret, UUID(self.agency).bytes)
        world.sql(
            "update agency set webhook_url = %s, webhook_secret = %s where id = %s returning id",
            f"http://{NAME}:{self.receiver.port}{self.path}", sealed, self.agency,
        )  # fmt: skip
        self.secret = "whsec_" + base64.b64encode(secret).decode()
        return self

    async def sent(self, **fields: Any) -> str:
        """The id of a referral that goes to it."""
        body = await a_body(self.school, self.agency, **fields)
        if body["urgency"] != "emergency":
            return await a_sent(self.school, body, route="webhook", to="Case system")
        id_ = await a_draft(self.school, body)
        how = {"route": "webhook", "at": now(), "to": "Case system"}
        assert (await step(self.school.lead, id_, "send", how)).status_code == 200
        return id_

    async def attempt(self, world: World, id_: str) -> bool:
        """One attempt of the job that was asked for; whether another is to come."""
        [(args,)] = world.sql(
            "select args from procrastinate_jobs where task_name = %s"
            " and args ->> 'referral_id' = %s order by id desc limit 1",
            TASK, id_,
        )  # fmt: skip
        assert set(args) == {"school_id", "referral_id", "event_id", "kind"}
        try:
            await deliver(replace(self.run, args=args), HttpSender(HERE, resolve=names))
        except TryLater:
            return True
        return False


class TestTellAgency:
    async def test_is_signed_and_tells_nothing_of_a_child(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/agency").begin(world)
        id_ = await told.sent()
        assert await told.attempt(world, id_) is False
        [came] = receiver.got("/agency")
        Webhook(told.secret).verify(came["body"], came["headers"])
        message = json.loads(came["body"])
        assert message["type"] == "referral.sent"
        assert set(message["data"]) == {"school_id", "referral_id", "url"}
        assert message["data"]["url"].endswith(f"/v1/agency/referrals/{id_}")
        assert "Marsh" not in came["body"]
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert (seen["delivery"]["state"], seen["delivery"]["attempts"]) == ("delivered", 1)
        assert (seen["events"][-1]["kind"], seen["events"][-1]["by_kind"]) == (
            "delivered", "system",
        )  # fmt: skip
        assert "referral.delivered" in verbs_about(world, id_)
        assert await told.attempt(world, id_) is False
        assert len(receiver.got("/agency")) == 1

    async def test_is_tried_again_under_the_same_id_until_it_is_given_up(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/down").begin(world)
        receiver.behave("/down", "status:500")
        id_ = await told.sent()
        again = [await told.attempt(world, id_) for _ in range(MOST)]
        assert again == [True] * (MOST - 1) + [False]
        assert len({one["headers"]["webhook-id"] for one in receiver.got("/down")}) == 1
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert (seen["delivery"]["state"], seen["delivery"]["code"]) == (
            "failed", "refused_by_receiver",
        )  # fmt: skip
        assert alerts_of(world, school, Role.DSL).count("referral_not_delivered") == 1
        assert "referral.not_delivered" in verbs_about(world, id_)

    async def test_tells_the_owner_of_an_emergency_early_and_goes_on(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/slow").begin(world)
        receiver.behave("/slow", "status:503")
        id_ = await told.sent(urgency="emergency")
        for _ in range(3):
            assert await told.attempt(world, id_)
        assert alerts_of(world, school, Role.DSL).count("referral_not_delivered") == 1
        receiver.behave("/slow", "ok")
        assert await told.attempt(world, id_) is False

    async def test_never_reaches_into_the_own_network(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/x").begin(world)
        id_ = await told.sent()
        strict = HttpSender(Reach.of((), (), local=True), resolve=names)
        [(args,)] = world.sql(
            "select args from procrastinate_jobs where args ->> 'referral_id' = %s", id_
        )
        await deliver(replace(run, args=args), strict)
        assert receiver.got("/x") == []
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert seen["delivery"]["code"] == "target_refused"

    async def test_goes_on_after_the_keys_were_rotated(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/rotated").begin(world)
        id_ = await told.sent()
        vault = Vault(run.adapters.settings.keys_dir)
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(run)
        [(sealed,)] = world.sql("select webhook_secret from agency where id = %s", told.agency)
        assert vault.is_current(bytes(sealed))
        await told.attempt(world, id_)
        [came] = receiver.got("/rotated")
        Webhook(told.secret).verify(came["body"], came["headers"])


class TestSetAgencyWebhook:
    async def test_refuses_addresses_of_the_own_network(self, school: School) -> None:
        agency = await an_agency(school)
        path = f"/v1/agencies/{agency}/webhook"
        for url in ("http://169.254.169.254/latest", "https://10.0.0.1/", "https://u:p@a.example/"):
            answer = await school.lead.request("PUT", path, json={"url": url}, version=1)
            assert answer.status_code == 422, url
        answer = await school.lead.request(
            "PUT", path, json={"url": "https://agency.example/hook"}, version=1
        )
        assert answer.json()["secret"].startswith("whsec_")
        shown = await school.lead.get(f"/v1/agencies/{agency}")
        assert shown.json()["webhook_url"] == "https://agency.example/hook"
        assert "whsec" not in shown.text
        ended = await school.lead.request("DELETE", path, version=2)
        assert ended.status_code == 204


class TestWhatWasTakenBack:
    async def test_is_told_by_ids_and_silences_what_waited(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/back").begin(world)
        id_ = await told.sent()
        [(first,)] = world.sql(
            "select args from procrastinate_jobs where task_name = %s"
            " and args ->> 'referral_id' = %s", TASK, id_,
        )  # fmt: skip
        answer = await step(school.lead, id_, "withdraw", {"reason": "zqwordsqz"})
        assert answer.status_code == 200, answer.text
        await deliver(replace(run, args=first), HttpSender(HERE, resolve=names))
        assert receiver.got("/back") == []
        assert await told.attempt(world, id_) is False
        [came] = receiver.got("/back")
        message = json.loads(came["body"])
        assert message["type"] == "referral.withdrawn"
        assert set(message["data"]) == {"school_id", "referral_id", "url"}
        assert "zqwordsqz" not in came["body"]
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert (seen["state"], seen["delivery"]["state"]) == ("withdrawn", "delivered")

    async def test_is_told_although_an_earlier_message_ends_meanwhile(
        self, world: World, school: School, receiver: Receiver, run: Run
    ) -> None:
        told = await Told(school, receiver, run, "/race").begin(world)
        id_ = await told.sent()
        [(event_id,)] = world.sql(
            "select id from referral_event where referral_id = %s and kind = 'sent'", id_
        )
        actor = replace(run, args={"school_id": str(school.id)}).actor
        async with open_work(run.adapters.database, actor) as work:
            parcel = await parcel_of(work, UUID(id_), event_id, SENT, "https://cairn.example")
        assert parcel is not None
        answer = await step(school.lead, id_, "withdraw", {"reason": "Wrong authority."})
        assert answer.status_code == 200, answer.text
        async with open_work(run.adapters.database, actor) as work:
            assert await note_delivery(work, parcel, None) is False
        assert await told.attempt(world, id_) is False
        assert [json.loads(one["body"])["type"] for one in receiver.got("/race")] == [
            "referral.withdrawn"
        ]
