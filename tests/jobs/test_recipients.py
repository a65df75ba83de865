"""Mailing links without a word about what they open, and closing what is over."""

import asyncio
import email
import email.policy
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.sharing.recipient_links import queries
from app.domain.sharing.recipient_links.commands import letter_of
from app.integrations.mail import MailRefused, Message
from app.integrations.vault import Vault
from app.jobs.queue import build_queue
from app.jobs.recipients import expire, send_link, tell_answered
from app.jobs.resealing import reseal
from app.jobs.runner import Adapters, Run, TryLater, adapters_of
from tests.api.records import verbs_about
from tests.api.shared import Recipient, Sent, a_sent, an_approved, an_opened, send, step
from tests.deadlines import keep_clocks
from tests.security.scenes import Scene
from tests.vaults import retire
from tests.world import School, World

ADDRESS = "kim.marsh@example.org"


class Sink:
    """A real SMTP server that keeps what it is sent, or puts it off."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.puts_off = False
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                self.got.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 kept\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            elif verb == b"MAIL" and self.puts_off:
                writer.write(b"451 later\r\n")
            else:
                writer.write(b"250 ok\r\n")
        await writer.drain()
        writer.close()

    @property
    def mails(self) -> list[Any]:
        """The messages, parsed."""
        return [email.message_from_bytes(one, policy=email.policy.default) for one in self.got]


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A listening sink."""
    made = Sink()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
async def adapters(world: World, sink: Sink) -> AsyncIterator[Adapters]:
    """Adapters that mail to the sink."""
    changes = {"mail_url": f"smtp://127.0.0.1:{sink.port}"}
    made = adapters_of(world.runtime.settings.model_copy(update=changes))
    yield made
    await made.database.close()


def a_run(adapters: Adapters, school: School, **args: str) -> Run:
    """One attempt."""
    return Run(adapters, build_queue(adapters), {"school_id": str(school.id), **args})


async def mail(adapters: Adapters, school: School, share: Sent) -> None:
    """Do the job that sending asked for."""
    await send_link(a_run(adapters, school, link_id=share.answer["link_id"]))


async def mailed(world: World, school: School, **fields: Any) -> Sent:
    """A share whose link waits to be mailed."""
    share = await an_approved(world, school, contact={"email": ADDRESS})
    answer = await send(school, share, **fields)
    assert answer.json()["mailed"] is True, answer.text
    return share


def link_in(text: str) -> str:
    """The token of the link a message has."""
    (line,) = [line for line in text.splitlines() if "/shared/" in line]
    return line.rpartition("/")[2]


class TestAWorker:
    @pytest.mark.parametrize("noun", ["share", "referral"])
    def test_knows_what_stands_behind_a_link(self, noun: str) -> None:
        """It is another program than the server, and imports no route."""
        asked = (
            f"import app.jobs.recipients; from {queries.__name__} import behind; behind({noun!r})"
        )
        subprocess.run([sys.executable, "-c", asked], check=True)


class TestSendLink:
    @pytest.mark.parametrize("language", ["en", "cy"])
    async def test_says_nothing_but_that_something_waits(
        self, world: World, school: School, adapters: Adapters, sink: Sink, language: str
    ) -> None:
        share = await mailed(world, school, language=language)
        await mail(adapters, school, share)
        (message,) = sink.mails
        text = message.get_content()
        assert message["to"] == ADDRESS
        assert school.name in message["subject"]
        whole = (message["subject"] + text.replace(share.token, "")).lower()
        for word in ("marsh", "kim", "alex", "bruise", "concern", "child", "plentyn", "pryder"):
            assert word not in whole
        assert share.code not in text
        assert share.id not in text
        assert ("Agorwch" in text) is (language == "cy")
        recipient = Recipient(world, link_in(text))
        assert (await recipient.enter(share.code)).status_code == 201
        assert (await recipient.read()).status_code == 200

    async def test_is_noted_and_not_sent_again(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        await mail(adapters, school, share)
        await mail(adapters, school, share)
        assert len(sink.got) == 1
        told = await school.lead.get(f"/v1/shares/{share.id}")
        assert told.json()["link"]["mailed_at"] is not None
        assert verbs_about(world, share.id).count("recipient.link_mailed") == 1

    async def test_is_tried_again_when_it_is_put_off(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        sink.puts_off = True
        with pytest.raises(TryLater):
            await mail(adapters, school, share)
        sink.puts_off = False
        await mail(adapters, school, share)
        assert len(sink.got) == 1

    async def test_is_not_sent_when_it_has_ended(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        revoked, over = await mailed(world, school), await mailed(world, school)
        await step(school.lead, revoked.id, "revoke", {"reason": "Sent in error."})
        await mail(adapters, school, revoked)
        with clock.shifted(timedelta(days=30)):
            await mail(adapters, school, over)
        assert sink.got == []

    async def test_alerts_the_owner_of_an_address_that_takes_nothing(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        class Refusing:
            async def send(self, message: Message) -> None:
                raise MailRefused("no such recipient", code=550)

        share = await mailed(world, school)
        await mail(replace(adapters, mail=Refusing()), school, share)
        told = world.sql("select kind from alert where thing_id = %s", share.id)
        assert told == [("link_not_delivered",)]


TOLD = "select args from procrastinate_jobs where task_name = 'recipient.tell_answered' and "
ASKED = {"kind": "question", "text": "May I come in?"}


async def asked(world: World, school: School, adapters: Adapters, **fields: Any) -> Sent:
    """A share whose link was mailed, read by its recipient, who asked and was answered."""
    share = await mailed(world, school, **fields)
    vault = Vault(adapters.settings.keys_dir)
    async with world.work(school.id) as work:
        letter = await letter_of(work, vault, UUID(share.answer["link_id"]))
    assert letter is not None
    recipient = Recipient(world, letter.token)
    assert (await recipient.enter(share.code)).status_code == 201
    assert (await recipient.post("replies", ASKED)).status_code == 201
    answered = await step(school.lead, share.id, "answers", {"text": "Yes, at two."})
    assert answered.status_code == 200, answered.text
    share.answer["link"] = f"/shared/{letter.token}"
    return share


class TestSomebodyBarredMeanwhile:
    async def test_gets_no_mail(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        answered = await asked(world, school, adapters)
        args = TestTellAnswered.waiting(world, school)
        for one in (share, answered):
            world.sql("update contact set contact_allowed = 'no' where id = %s", one.contact)
        await mail(adapters, school, share)
        await tell_answered(Run(adapters, build_queue(adapters), args))
        assert sink.mails == []
        for one in (share, answered):
            told = world.sql(
                "select recipient_id from alert where kind = 'recipient_stopped' and thing_id = %s",
                one.id,
            )
            assert told == [(school[Role.DSL].id,)]


class TestTellAnswered:
    @pytest.mark.parametrize("language", ["en", "cy"])
    async def test_says_nothing_but_that_the_school_has_answered(
        self, world: World, school: School, adapters: Adapters, sink: Sink, language: str
    ) -> None:
        share = await asked(world, school, adapters, language=language)
        args = self.waiting(world, school)
        assert args["link_id"] == share.answer["link_id"]
        await tell_answered(Run(adapters, build_queue(adapters), args))
        (message,) = sink.mails
        assert message["to"] == ADDRESS
        assert link_in(message.get_content()) == share.token
        text = message.get_content().replace(share.token, "")  # chance spells short names
        whole = (message["subject"] + text).lower()
        assert ("has answered" if language == "en" else "wedi ateb") in whole
        for word in ("marsh", "kim", "alex", "bruise", "two", "child", "plentyn", "pryder"):
            assert word not in whole
        assert "recipient.link_mailed" in verbs_about(world, share.id)

    @staticmethod
    def waiting(world: World, school: School) -> dict[str, Any]:
        """The one job that tells it."""
        ((args,),) = world.sql(TOLD + "args->>'school_id' = %s", str(school.id))
        return dict(args)

    async def test_says_nothing_behind_a_link_that_has_ended(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await asked(world, school, adapters)
        args = self.waiting(world, school)
        await step(school.lead, share.id, "revoke", {"reason": "A mistake."})
        await tell_answered(Run(adapters, build_queue(adapters), args))
        assert sink.mails == []

    async def test_is_not_asked_for_where_the_link_was_handed_over(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.post("replies", ASKED)
        await step(school.lead, share.id, "answers", {"text": "Yes, at two."})
        assert world.sql(TOLD + "args->>'school_id' = %s", str(school.id)) == []

    async def test_tells_an_agency_that_has_a_link(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        referral = await Scene(world, school, school[Role.DSL]).referral("sent")
        path = f"/v1/referrals/{referral}"
        world.sql(
            "update agency a set email = %s from referral r where r.id = %s and a.id = r.agency_id",
            ADDRESS, referral,
        )  # fmt: skip
        read = await school.lead.get(path)
        version = read.headers["etag"].strip('"')
        sending = {"code_route": "phone"}
        made = (await school.lead.post(f"{path}/link", sending, version=version)).json()
        assert made["mailed"] is True
        await send_link(a_run(adapters, school, link_id=made["link_id"]))
        agency = Recipient(world, link_in(sink.mails[0].get_content()))
        assert (await agency.enter(made["code"])).status_code == 201
        assert (await agency.post("replies", ASKED)).status_code == 201
        version = (await school.lead.get(path)).headers["etag"].strip('"')
        answer = await school.lead.post(f"{path}/answers", {"text": "Yes."}, version=version)
        assert answer.status_code == 200, answer.text
        await tell_answered(Run(adapters, build_queue(adapters), self.waiting(world, school)))
        message = sink.mails[1]
        assert (message["to"], link_in(message.get_content())) == (ADDRESS, agency.token)

    async def test_alerts_the_owner_of_an_address_that_takes_nothing_any_more(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        share = await asked(world, school, adapters)

        class Refusing:
            async def send(self, message: Message) -> None:
                raise MailRefused("no such recipient", code=550)

        refusing = replace(adapters, mail=Refusing())
        await tell_answered(Run(refusing, build_queue(refusing), self.waiting(world, school)))
        kinds = world.sql("select kind from alert where thing_id = %s", share.id)
        assert ("link_not_delivered",) in kinds


class TestExpire:
    async def test_closes_shares_whose_time_is_over(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        sent, waiting = await a_sent(world, school), await a_sent(world, school)
        never = await an_approved(
            world, school, expires_at=(clock.now() + timedelta(days=2)).isoformat()
        )
        with clock.shifted(timedelta(days=29)):
            await expire(a_run(adapters, school))
            for share in (sent, waiting, never):
                told = world.sql(
                    "select state, ended_at is not null, due_at from share where id = %s", share.id
                )
                assert told == [("expired", True, None)]
                assert "share.expired" in verbs_about(world, share.id)
            assert (await Recipient(world, sent.token).look()).status_code == 404
        kept = world.sql(
            "select ended_reason_code, sealed, address from recipient_link where share_id = %s",
            sent.id,
        )
        assert kept == [("expired", None, None)]
        keep_clocks(world, school.id, "share")

    @pytest.mark.parametrize("revoked", [False, True])
    @pytest.mark.parametrize(
        ("kind", "rule", "verb", "answer"),
        [
            ("correction_requested", "share.correction", "correction-answers",
             {"accepted": True, "reason": "You are right."}),
            ("question", "share.question", "answers", {"text": "The teacher did."}),
        ],
    )  # fmt: skip
    async def test_ends_nothing_that_the_recipient_asked(
        self, world: World, school: School, adapters: Adapters, kind: str, rule: str, verb: str,
        answer: dict[str, Any], revoked: bool,
    ) -> None:  # fmt: skip
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        asked = {"kind": kind, "text": "It was the other arm. Who saw it?"}
        assert (await recipient.post("replies", asked)).status_code == 201
        if revoked:
            done = await step(school.lead, share.id, "revoke", {"reason": "The order was made."})
            assert done.status_code == 200, done.text
        else:
            with clock.shifted(timedelta(days=29)):
                for _ in range(2):
                    await expire(a_run(adapters, school))
        told = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        assert (told["state"], told["ended_at"]) == ("revoked" if revoked else "expired", None)
        assert told["due_at"] is not None
        assert told["waiting_for"] is not None
        running = world.sql(
            "select rule_id from deadline where thing_id = %s and ended_at is null", share.id
        )
        assert running == [(rule,)]
        said = await step(school.lead, share.id, verb, answer)
        assert said.status_code == 200, said.text
        assert (said.json()["waiting_for"], said.json()["due_at"]) == (None, None)
        assert said.json()["ended_at"] is not None
        keep_clocks(world, school.id, "share")

    async def test_leaves_what_still_may_be_read(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        share = await a_sent(world, school)
        with clock.shifted(timedelta(days=27)):
            await expire(a_run(adapters, school))
        assert (await (await an_opened(world, school, share)).read()).status_code == 200

    async def test_leaves_what_was_acknowledged_and_ends_its_link(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        share = await a_sent(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.post("acknowledge", {})
        with clock.shifted(timedelta(days=29)):
            await expire(a_run(adapters, school))
            await expire(a_run(adapters, school))
        told = (await school.lead.get(f"/v1/shares/{share.id}")).json()
        assert (told["state"], told["link"]) == ("acknowledged", None)
        assert verbs_about(world, share.id).count("recipient.link_ended") == 1


class TestReseal:
    async def test_keeps_links_that_an_older_key_sealed(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        vault = Vault(world.runtime.settings.keys_dir)
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(a_run(adapters, school))
        retire(vault)
        await mail(adapters, school, share)
        recipient = Recipient(world, link_in(sink.mails[0].get_content()))
        assert (await recipient.enter(share.code)).status_code == 201
