"""Alerts and links, mailed by a real worker to a real SMTP sink."""

import re

import pytest

from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from app.db.unit_of_work import Job
from app.domain.abuse import guards_of
from app.domain.people.passwords.commands import ask_for_reset
from app.jobs.alerts import send_alerts
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, JobImpossible, Run
from tests.jobs.working import (
    TESTED,
    Sink,
    a_worker,
    eventually,
    leads,
    raise_one,
    sent,
    states,
    text_of,
)
from tests.world import School, World


class TestSendAlerts:
    async def test_tells_each_lead_without_saying_what(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        receipt = await raise_one(school)
        async with a_worker(adapters):
            await eventually(lambda: all(sent(world, school)))
        got = [message for message in sink.delivered if message["To"] in leads(school)]
        assert {message["To"] for message in got} == leads(school)
        for message in got:
            whole = message.as_string() + text_of(message)
            assert "https://front.example" in text_of(message)
            for secret in (
                "Persephone", "Quillfeather", "burn", "physical", "K3", "today", school.name,
                receipt["id"], school[Role.STAFF].name,
            ):  # fmt: skip
                assert secret not in whole
            assert message["Subject"] == f"Urgent: {receipt['reference']} needs you"
        verbs = world.sql(
            "select verb, actor_role, request_id from trail where school_id = %s and verb = %s",
            school.id,
            "alert.sent",
        )
        assert len(verbs) == 2
        assert all(role == "system" and name.startswith("job-") for _, role, name in verbs)

    async def test_tells_to_phone_first_in_immediate_danger(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        await raise_one(school, immediacy="immediate_danger")
        async with a_worker(adapters):
            await eventually(lambda: all(sent(world, school)))
        (message,) = sink.to(school[Role.DSL].email)
        assert message["Subject"].startswith("Urgent:")
        assert "phone" in text_of(message).split("sign in")[0].lower()

    async def test_lets_no_refused_address_hold_up_the_others(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        refused, put_off = school[Role.DSL].email, school[Role.DEPUTY_DSL].email
        third = await school.person(Role.DEPUTY_DSL)
        sink.answers[refused] = ["550 No such person"]
        sink.answers[put_off] = ["450 Later", "450 Later", "250 OK"]
        await raise_one(school)
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
        assert len(sink.to(put_off)) == 1
        assert len(sink.to(third.email)) == 1
        assert sink.to(refused) == []
        found = world.sql(
            "select details from trail where school_id = %s and verb = 'alert.refused'", school.id
        )
        assert found == [({"code": 550},)]
        unsent = world.sql(
            "select distinct kind, count(*) over (partition by kind) from alert "
            "where school_id = %s and sent_at is null order by kind", school.id,
        )  # fmt: skip
        assert unsent == [("address_refused", 4), ("concern_raised", 1)]

    async def test_sends_nothing_twice(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        receipt = await raise_one(school)
        async with world.work(school.id) as work:
            work.enqueue(Job("alert.send", {"concern_id": receipt["id"]}, lock="one"))
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"] * 2)
        ids = [message["Message-ID"] for message in sink.to(school[Role.DSL].email)]
        assert len(set(ids)) == 1

    async def test_skips_who_has_left(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        await raise_one(school)
        world.sql(
            "update membership set valid_to = valid_from where school_id = %s and staff_id = %s",
            school.id,
            school[Role.DEPUTY_DSL].id,
        )
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
        assert sink.to(school[Role.DEPUTY_DSL].email) == []
        assert len(sink.to(school[Role.DSL].email)) == 1

    async def test_needs_its_ids(self, adapters: Adapters) -> None:
        queue = build_queue(adapters, TESTED)
        with pytest.raises(JobImpossible):
            await send_alerts(Run(adapters, queue, {"school_id": str(new_id())}))


class TestSendLink:
    async def test_mails_a_link_that_works_once(
        self,
        world: World,
        school: School,
        adapters: Adapters,
        sink: Sink,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        teacher = school[Role.STAFF]
        await ask_for_reset(
            adapters.database, teacher.email.upper(), "local", guards_of(Settings())
        )
        async with a_worker(adapters):
            await eventually(lambda: sink.to(teacher.email))
        (message,) = sink.to(teacher.email)
        link = re.search(
            r"https://front\.example/account/set-password#token=(\S+)", text_of(message)
        )
        assert link is not None
        body = {"token": link[1], "new_password": "a long and quiet river"}
        first = await world.anybody.post("/v1/auth/password-reset/confirm", body)
        again = await world.anybody.post("/v1/auth/password-reset/confirm", body)
        assert (first.status_code, again.status_code) == (200, 422)
        said = capfd.readouterr()
        assert link[1] not in said.out + said.err
        rows = world.sql("select args::text from procrastinate_jobs")
        assert not [row for (row,) in rows if link[1] in row or teacher.email in row]

    async def test_mails_somebody_with_a_password_a_link_that_only_accepts(
        self, world: World, school: School, other_school: School, adapters: Adapters, sink: Sink
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        body = {"name": "Jo", "email": known.email, "roles": ["staff"]}
        await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        async with a_worker(adapters):
            await eventually(lambda: sink.to(known.email))
        (message,) = sink.to(known.email)
        link = re.search(r"token=([\w-]{43})", text_of(message))
        assert link is not None
        body = {"token": link[1], "new_password": "a password that a stranger chose"}
        answer = await world.anybody.post("/v1/auth/password-reset/confirm", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "link_invalid")
        accepted = await world.anybody.post("/v1/invitations/accept", {"token": link[1]})
        assert accepted.status_code == 200

    async def test_gives_up_on_a_refused_address(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        address = f"gone.{new_id().hex[-8:]}@example.org"
        sink.answers[address] = ["550 Gone"]
        body = {"name": "Jo", "email": address, "roles": ["staff"]}
        await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "account.send_link") == ["failed"])
