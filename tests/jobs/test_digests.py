"""Urgent rings at once; what is routine is gathered into one message at the school's own hours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.common.alerts.commands import tell
from app.integrations.mail import Message
from app.jobs.alerts import SEND_DIGESTS
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run
from tests.api.duty.test_alerts_ended import inbox, waiting
from tests.api.record.test_concerns import ROUTINE, a_triage, raise_one, step
from tests.api.records import classify
from tests.jobs.climbing import MONDAY, after, fresh
from tests.jobs.working import Sink, a_worker, eventually, states, text_of
from tests.world import School, World

LEAD, DEPUTY = Role.DSL, Role.DEPUTY_DSL
AFTERNOON = {"hours": 6, "minutes": 1}
"""From half past nine to just after the digest of half past three."""


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


async def gather(adapters: Adapters) -> None:
    """Look at the hour in every school, as each worker does every five minutes."""
    await SEND_DIGESTS.run(Run(adapters, build_queue(adapters), {}))


async def routine(school: School, **fields: object) -> str:
    """A concern that can wait for a digest; its reference."""
    told = {"immediacy": "routine", "categories": ["bullying"]} | fields
    return str((await raise_one(school.staff, await school.child(), **told))["reference"])


async def test_gathers_what_is_routine_with_references_and_nothing_else(
    school: School, adapters: Adapters, sink: Sink
) -> None:
    references = [await routine(school, place="Quibblethwaite") for _ in range(2)]
    await gather(adapters)
    assert sink.to(school[LEAD].email) == []
    with after(**AFTERNOON):
        await gather(adapters)
        await gather(adapters)
    for role in (LEAD, DEPUTY):
        (message,) = sink.to(school[role].email)
        assert message["Subject"] == "Cairn: 2 things to look at"
        assert "X-Priority" not in message
        for reference in references:
            assert reference in text_of(message)
        whole = message.as_string() + text_of(message)
        for secret in ("Quibblethwaite", "not_sure", "limp", "hurts", school.name):
            assert secret not in whole


async def test_rings_at_once_what_is_urgent_or_for_today(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    reference = await routine(school, immediacy="today")
    async with a_worker(adapters):
        await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
    (message,) = sink.to(school[LEAD].email)
    assert message["Subject"] == f"Cairn: {reference} needs you"
    with after(**AFTERNOON):
        await gather(adapters)
    assert len(sink.to(school[LEAD].email)) == 1


async def test_leaves_out_what_has_ended_or_was_read(
    school: School, adapters: Adapters, sink: Sink, world: World
) -> None:
    child = await school.child()
    told = {"immediacy": "routine", "categories": ["bullying"]}
    concern = (await raise_one(school.staff, child, **told))["id"]
    await routine(school)
    assert (await step(fresh(world, school[DEPUTY]), concern, "acknowledge")).status_code == 200
    cards = (await fresh(world, school[LEAD]).get("/v1/alerts?state=open")).json()["items"]
    for card in cards:
        await fresh(world, school[LEAD]).post(f"/v1/alerts/{card['id']}/acknowledge")
    with after(**AFTERNOON):
        await gather(adapters)
    assert sink.to(school[LEAD].email) == []
    (message,) = sink.to(school[DEPUTY].email)
    assert message["Subject"] == "Cairn: 1 thing to look at"


async def test_says_again_what_was_added_to_since(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    about = (
        "concern",
        UUID((await raise_one(school.staff, await school.child(), **ROUTINE))["id"]),
    )

    async def add() -> None:
        async with world.work(school.id) as work:
            tell(work, school[LEAD].id, "concern_joined", about=about)

    await add()
    with after(**AFTERNOON):
        await gather(adapters)
    with after(days=1):
        await gather(adapters)
        await add()
    with after(days=1, **AFTERNOON):
        await gather(adapters)
    assert len(sink.to(school[LEAD].email)) == 2


async def test_goes_at_the_hours_of_the_school_on_working_days(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    body = {"digests": ["12:00"]}
    api = school.api(Role.HEADTEACHER)
    read = await api.get(f"/v1/schools/{school.id}/calendar")
    assert read.json()["digests"] == ["08:00", "15:30"]
    kept = await api.patch(f"/v1/schools/{school.id}/calendar", body, version=0)
    assert kept.status_code == 200, kept.text
    assert kept.json()["digests"] == ["12:00"]
    friday = clock.now() - timedelta(days=3)
    with clock.frozen(friday + timedelta(hours=5)):
        async with world.work(school.id) as work:
            tell(work, school[DEPUTY].id, "telling_changed", about=("child", await school.child()))
    for days, hours, number in ((-2, 3, 0), (-1, 3, 0), (0, 2, 0), (0, 3, 1)):
        with clock.frozen(MONDAY + timedelta(days=days, hours=hours)):
            await gather(adapters)
        assert len(sink.to(school[DEPUTY].email)) == number, (days, hours)


async def test_refuses_hours_that_are_none(school: School) -> None:
    api = school.api(Role.HEADTEACHER)
    for wrong in ([], ["25:00"], ["08:00"] * 7):
        answer = await api.patch(
            f"/v1/schools/{school.id}/calendar", {"digests": wrong}, version=0
        )  # fmt: skip
        assert answer.status_code == 422


async def test_leaves_what_the_server_puts_off_to_the_next_run(
    school: School, adapters: Adapters, sink: Sink
) -> None:
    await routine(school)
    sink.answers[school[LEAD].email] = ["450 Later", "250 OK"]
    with after(**AFTERNOON):
        await gather(adapters)
        assert sink.to(school[LEAD].email) == []
        assert len(sink.to(school[DEPUTY].email)) == 1
        await gather(adapters)
    assert len(sink.to(school[LEAD].email)) == 1
    assert len(sink.to(school[DEPUTY].email)) == 1


async def test_has_nothing_of_somebody_in_conflict(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    child = await school.child()
    await raise_one(school.staff, child, immediacy="routine", categories=["bullying"])
    said = {"child_id": str(child), "reason": "My nephew."}
    assert (await fresh(world, school[DEPUTY]).post("/v1/conflicts", said)).status_code == 201
    with after(**AFTERNOON):
        await gather(adapters)
    assert len(sink.to(school[LEAD].email)) == 1
    assert sink.to(school[DEPUTY].email) == []


async def test_has_nothing_of_what_was_sealed_since(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    """Neither the number of a concern of class K5 nor that there is one."""
    raised = await raise_one(school.staff, await school.child(), **ROUTINE)
    concern, reference = raised["id"], raised["reference"]
    triage = a_triage(school[LEAD].id, primary_category="bullying", confidentiality="K3")
    assert (await step(school.lead, concern, "triage", triage)).status_code == 200
    async with world.work(school.id) as work:
        tell(work, school[DEPUTY].id, "staff_named", concern_id=UUID(concern))
    told = await inbox(world, school[DEPUTY], "open")
    assert "staff_named" in {card["kind"] for card in told}
    sealed = await step(school.lead, concern, "triage", triage | {"confidentiality": "K5"})
    assert sealed.status_code == 200, sealed.text
    left = await inbox(world, school[DEPUTY], "open")
    assert [card["kind"] for card in left] == ["concern_restricted"]
    with after(**AFTERNOON):
        await gather(adapters)
    (message,) = sink.to(school[DEPUTY].email)
    assert message["Subject"] == "Cairn: 1 thing to look at"
    assert reference not in text_of(message)


async def test_has_nothing_of_what_is_sealed_while_others_are_mailed(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    """A slow mail server leaves time to seal a concern between two people's messages."""
    concern = await hidden_from_nobody(world, school, DEPUTY, Role.HEADTEACHER)

    @dataclass
    class Sealing:
        async def send(self, message: Message) -> None:
            await adapters.mail.send(message)
            await classify(world, concern, "K5")

    with after(**AFTERNOON):
        await gather(replace(adapters, mail=Sealing()))
    assert len(sink.delivered) == 1


async def hidden_from_nobody(world: World, school: School, *roles: Role) -> str:
    """A concern that these people were told of, and that nobody has sealed yet."""
    concern = str((await raise_one(school.staff, await school.child(), **ROUTINE))["id"])
    assert (await step(school.lead, concern, "acknowledge")).status_code == 200
    async with world.work(school.id) as work:
        for role in roles:
            tell(work, school[role].id, "staff_named", concern_id=UUID(concern))
    return concern


async def test_is_another_message_with_what_is_shown_again(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    """Mail programs hide a second message with an id that they know."""
    concern = await hidden_from_nobody(world, school, DEPUTY)
    await routine(school)
    await classify(world, concern, "K5")
    with after(**AFTERNOON):
        await gather(adapters)
        await classify(world, concern, "K3")
        await gather(adapters)
    first, second = sink.to(school[DEPUTY].email)
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize(("days", "mailed"), [(29, 1), (31, 0)])
async def test_does_not_read_for_ever_what_stays_hidden(
    world: World, school: School, adapters: Adapters, sink: Sink, days: int, mailed: int
) -> None:
    concern = await hidden_from_nobody(world, school, DEPUTY)
    world.sql("update alert set mail = 'never' where recipient_id <> %s", school[DEPUTY].id)
    await classify(world, concern, "K5")
    with after(**AFTERNOON):
        await gather(adapters)
    with after(days=days, hours=12):
        await gather(adapters)
        assert sink.delivered == []
        await classify(world, concern, "K3")
        await gather(adapters)
        assert len(sink.to(school[DEPUTY].email)) == mailed
        assert "staff_named" in await waiting(world, school[DEPUTY])


async def test_tells_the_head_though_a_lead_has_taken_it_up(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    """A head who has to hear of a knife hears of it, however fast a lead is."""
    child, head = await school.child(), school[Role.HEADTEACHER]
    concern = (await raise_one(school.staff, child, categories=["knife_injury"]))["id"]
    assert (await step(school.lead, concern, "acknowledge")).status_code == 200
    async with a_worker(adapters):
        await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
    (message,) = sink.to(head.email)
    assert message["Subject"].startswith("Urgent: ")
    assert sink.to(school[DEPUTY].email) == []
    assert await waiting(world, head) == ["head_told"]
    assert await waiting(world, school[DEPUTY]) == []
    (card,) = await inbox(world, head, "open")
    answer = await fresh(world, head).post(f"/v1/alerts/{card['id']}/acknowledge")
    assert answer.status_code == 200, answer.text
    assert await waiting(world, head) == []
