"""Who is mailed an alert, and who is not any more when the message would go."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.domain.duty.alerts.commands import note_refused
from app.integrations.mail import MailRefused, Message
from app.jobs.alerts import ALERT_TASKS
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run
from tests.api.records import a_concern
from tests.world import Person, School, World


@pytest.fixture
async def alert(world: World, school: School) -> UUID:
    """An alert that a concern is the deputy's now."""
    concern = await a_concern(school, await school.child())
    body = {"owner_id": str(school[Role.DEPUTY_DSL].id), "reason": "She knows them."}
    answer = await school.lead.post(f"/v1/concerns/{concern}/assign", body, version=1)
    assert answer.status_code == 200, answer.text
    ((found,),) = world.sql(
        "select id from alert where concern_id = %s and kind = 'concern_assigned'", concern
    )
    world.sql("update alert set sent_at = now() where concern_id = %s and id <> %s", concern, found)
    return UUID(str(found))


async def mail(folder_adapters: Adapters, school: School, alert: UUID, task: str) -> None:
    """Do the job that a task is for."""
    (work,) = (one.run for one in ALERT_TASKS if one.name == task)
    args = {"school_id": str(school.id), "alert_id": str(alert)}
    await work(Run(folder_adapters, build_queue(folder_adapters), args))


def mails_to(folder: Path, person: Person) -> list[str]:
    texts = [path.read_text() for path in folder.rglob("*.eml")]
    return [text for text in texts if f"To: {person.email}" in text]


async def _suspend(world: World, school: School, alert: UUID) -> None:
    world.sql("update staff set suspended_at = now() where id = %s", school[Role.DEPUTY_DSL].id)


async def _leave(world: World, school: School, alert: UUID) -> None:
    world.sql(
        "update membership set valid_to = valid_from where staff_id = %s",
        school[Role.DEPUTY_DSL].id,
    )


async def _relate(world: World, school: School, alert: UUID) -> None:
    ((concern,),) = world.sql("select concern_id from alert where id = %s", alert)
    body = {"staff_id": str(school[Role.DEPUTY_DSL].id), "reason": "She was there."}
    answer = await school.lead.post(f"/v1/concerns/{concern}/named-staff", body)
    assert answer.status_code == 201


async def _refuse(world: World, school: School, alert: UUID) -> None:
    async with world.work(school.id) as work:
        await note_refused(work, alert, 550)


class TestSendAlert:
    @pytest.mark.parametrize("task", ["alert.send_one"])
    async def test_mails_once(
        self, world: World, school: School, folder_adapters: Adapters, alert: UUID, tmp_path: Path,
        task: str,
    ) -> None:  # fmt: skip
        for _ in range(2):
            await mail(folder_adapters, school, alert, task)
        (text,) = mails_to(tmp_path, school[Role.DEPUTY_DSL])
        assert f"Message-ID: <alert-{alert}@" in text
        assert world.sql("select verb from trail where noun_id = %s order by at, verb", alert) == [
            (AuditEvent.ALERT_RAISED.value,),
            (AuditEvent.ALERT_SENT.value,),
        ]

    @pytest.mark.parametrize("since", [_suspend, _leave, _relate, _refuse])
    async def test_tells_nobody_who_may_not_know_any_more(
        self, world: World, school: School, folder_adapters: Adapters, alert: UUID, tmp_path: Path,
        since: object,
    ) -> None:  # fmt: skip
        assert callable(since)
        await since(world, school, alert)
        await mail(folder_adapters, school, alert, "alert.send_one")
        assert mails_to(tmp_path, school[Role.DEPUTY_DSL]) == []
        assert world.sql("select sent_at from alert where id = %s", alert) == [(None,)]

    async def test_mails_what_rings_anew_as_another_message(
        self, world: World, school: School, folder_adapters: Adapters, alert: UUID, tmp_path: Path
    ) -> None:
        await mail(folder_adapters, school, alert, "alert.send_one")
        world.sql(
            "update alert set sent_at = null, rung_at = created_at + interval '1 minute' "
            "where id = %s", alert,
        )  # fmt: skip
        for _ in range(2):
            await mail(folder_adapters, school, alert, "alert.send_one")
        ids = {
            line
            for text in mails_to(tmp_path, school[Role.DEPUTY_DSL])
            for line in text.splitlines()
            if line.startswith("Message-ID")
        }
        assert len(ids) == 2

    async def test_does_nothing_where_there_is_no_such_alert(
        self, school: School, folder_adapters: Adapters, tmp_path: Path
    ) -> None:
        await mail(folder_adapters, school, new_id(), "alert.send_one")
        assert mails_to(tmp_path, school[Role.DEPUTY_DSL]) == []


class RingsMeanwhile:
    """A mail server slow enough that the ladder rings once more while it takes a message."""

    def __init__(self, world: World, alert: UUID) -> None:
        self._world, self._alert = world, alert
        self.sent: list[str] = []

    async def send(self, message: Message) -> None:
        """Take it, and ring as the ladder does."""
        if not self.sent:
            self._world.sql(
                "update alert set rung_at = created_at + interval '5 minutes', sent_at = null "
                "where id = %s", self._alert,
            )  # fmt: skip
        self.sent.append(message.message_id)


class TestAnAlertThatRingsWhileItIsMailed:
    async def test_is_mailed_again(
        self, world: World, school: School, folder_adapters: Adapters, alert: UUID
    ) -> None:
        server = RingsMeanwhile(world, alert)
        folder_adapters = replace(folder_adapters, mail=server)
        for _ in range(3):
            await mail(folder_adapters, school, alert, "alert.send_one")
        assert len(server.sent) == len(set(server.sent)) == 2
        assert world.sql("select sent_at is null from alert where id = %s", alert) == [(False,)]


class Refuses:
    """A mail server that knows none of our addresses."""

    async def send(self, message: Message) -> None:
        """Refuse it for good."""
        raise MailRefused("the mail server refused the message", code=550)


class TestAnAddressThatIsRefused:
    async def test_is_told_to_administrators_and_leads_in_the_inbox_alone_once_a_day(
        self, world: World, school: School, folder_adapters: Adapters, alert: UUID
    ) -> None:
        refused = replace(folder_adapters, mail=Refuses())
        told = {school[role].id for role in (Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL)}
        for _ in range(2):
            await mail(refused, school, alert, "alert.send_one")
            world.sql("delete from trail where noun_id = %s and verb = 'alert.refused'", alert)
        rows = world.sql(
            "select id, recipient_id, counts from alert where school_id = %s "
            "and kind = 'address_refused'", school.id,
        )  # fmt: skip
        assert {row[1] for row in rows} == told
        assert len(rows) == len(told)
        assert all(row[2] is None for row in rows)
        jobs = world.sql("select args->>'alert_id' from procrastinate_jobs")
        assert not {str(row[0]) for row in rows} & {row[0] for row in jobs}
        world.sql(
            "update alert set created_at = created_at - interval '25 hours' where school_id = %s "
            "and kind = 'address_refused'", school.id,
        )  # fmt: skip
        await mail(refused, school, alert, "alert.send_one")
        found = world.sql(
            "select count(*) from alert where school_id = %s and kind = 'address_refused'",
            school.id,
        )
        assert found == [(len(told),)]
        times = world.sql(
            "select distinct times > 1 from alert where school_id = %s "
            "and kind = 'address_refused'",
            school.id,
        )
        assert times == [(True,)]

    async def test_gets_the_message_of_the_next_ring(
        self, world: World, school: School, folder_adapters: Adapters, alert: UUID, tmp_path: Path
    ) -> None:
        """What was refused once is not silent for ever: the address may be right by then."""
        refused = replace(folder_adapters, mail=Refuses())
        await mail(refused, school, alert, "alert.send_one")
        await mail(folder_adapters, school, alert, "alert.send_one")
        assert mails_to(tmp_path, school[Role.DEPUTY_DSL]) == []
        with clock.shifted(timedelta(minutes=5)):
            world.sql("update alert set rung_at = %s where id = %s", clock.now(), alert)
            await mail(folder_adapters, school, alert, "alert.send_one")
        assert len(mails_to(tmp_path, school[Role.DEPUTY_DSL])) == 1
