"""Messages of the ladder: none is lost, none goes out under two ids, and none says anything."""

from collections.abc import Sequence

import pytest

from app.core.words import Role
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.rules import Notice
from app.domain.duty.alerts.commands import note_sent
from app.jobs.runner import Adapters
from tests.api.record.test_concerns import step
from tests.jobs.climbing import LEADS, a_trust, after, fresh, overdue, tick
from tests.jobs.working import Sink, a_worker, eventually, text_of
from tests.world import School, World

SENTINELS = ("Zyxglorp", "Quibblethwaite", "Wumpelstone", "Brontonoodle")


class TestMail:
    async def test_is_lost_by_no_crash_and_has_one_id(
        self, world: World, school: School, adapters: Adapters, sink: Sink,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        """The alert and its job are one commit; who dies after sending sends the same again."""
        await overdue(school)
        world.sql("delete from procrastinate_jobs where status = 'todo'")
        with after(minutes=15):
            await tick(world, school)
        lead = school[Role.DSL].id
        ours = {one for (one,) in world.sql("select id from alert where recipient_id = %s", lead)}
        died = 0

        async def dying(work: UnitOfWork, notices: Sequence[Notice]) -> None:
            nonlocal died
            about = {notice.alert_id for notice in notices} & ours
            died += bool(about)
            if about and died < 3:
                raise OSError("the worker died")
            await note_sent(work, notices)

        monkeypatch.setattr("app.jobs.alerts.note_sent", dying)
        async with a_worker(adapters):
            await eventually(lambda: died >= 3)
        got = sink.to(school[Role.DSL].email)
        assert len(got) == 3
        assert len({message["Message-ID"] for message in got}) == 1
        assert got[0]["Subject"].startswith("Urgent: C-")

    async def test_of_what_rings_at_one_time_is_one(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        for _ in range(3):
            await overdue(school)
        world.sql("delete from procrastinate_jobs where status = 'todo'")
        world.sql("update alert set sent_at = now() where school_id = %s", school.id)
        with after(minutes=15):
            await tick(world, school)
        async with a_worker(adapters):
            await eventually(lambda: bool(sink.to(school[Role.DSL].email)))
            await eventually(
                lambda: not world.sql(
                    "select from alert where school_id = %s and sent_at is null "
                    "and ended_at is null", school.id,
                )
            )  # fmt: skip
        (message,) = sink.to(school[Role.DSL].email)
        assert message["Subject"].startswith("Urgent: C-")
        assert message["Subject"].endswith(", and 2 more")

    async def test_of_a_whole_climb_names_nobody(
        self, world: World, adapters: Adapters, sink: Sink
    ) -> None:
        """Sentinels in child, staff, school and concern; a drill, the trust and the reporter."""
        school = await world.a_school((), name=f"{SENTINELS[0]} School")
        for role in (Role.STAFF, *LEADS, Role.HEADTEACHER, Role.SCHOOL_ADMIN):
            school.people[role] = await school.person(role, f"{SENTINELS[1]} {role.value}")
        (lead, _) = await a_trust(world, school)
        child = await school.child(SENTINELS[2], SENTINELS[2])
        concern = await overdue(
            school, child=child, place=SENTINELS[3],
            account=[{"kind": "observed", "text": f"{SENTINELS[3]} limps."}],
            categories=["physical_abuse"],
        )  # fmt: skip
        body = {"ladder": "immediate", "reason": f"{SENTINELS[3]} drill"}
        assert (await school.lead.post("/v1/drills", body)).status_code == 201
        for minutes in (1, 6, 16, 17, 22, 32, 47):
            with after(minutes=minutes):
                await tick(world, school)
        with after(minutes=48):
            await step(fresh(world, school[Role.DSL]), str(concern), "acknowledge")
        async with a_worker(adapters):
            await eventually(
                lambda: (
                    not world.sql(
                        "select id from alert where sent_at is null and ended_at is null "
                        "and mail = 'at_once' and school_id = any(%s)",
                        [school.id, lead.school_id],
                    )
                )
            )
        kinds = {message["Subject"] for message in sink.delivered}
        assert len(sink.delivered) >= 6
        assert any("drill" in subject for subject in kinds)
        assert any("school in your trust" in subject for subject in kinds)
        for message in sink.delivered:
            whole = message.as_string() + text_of(message)
            for secret in (*SENTINELS, str(concern), str(child), "physical", "K3"):
                assert secret.lower() not in whole.lower()
            assert "https://front.example" in whole
