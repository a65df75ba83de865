"""Work behind a concern that it does not name: its owner is alerted, and the concern unnamed."""

from datetime import timedelta

from app.core import clock
from app.core.words import Actor, Role
from app.db.reading import open_reading
from app.domain.duty.ladder.queries import things_of
from tests.owners import Plot
from tests.world import School, World


async def test_a_check_in_behind_a_sealed_concern(world: World, school: School) -> None:
    teacher, now = school[Role.STAFF], clock.now()
    plot = Plot(world, school, await school.child())
    concern = plot.plant("concern", school[Role.DSL].id)
    world.sql("update concern set confidentiality = 'K5', reporter_id = %s where id = %s",
              school[Role.DSL].id, concern)  # fmt: skip
    record = plot.plant("record", school[Role.DSL].id)
    plan = plot.put(
        "support_plan", child_id=plot.child, record_id=record, adult_id=teacher.id,
        cover_id=school[Role.HEADTEACHER].id, windows="[]", cadence="[]", began_on=now.date(),
        review_due_at=now + timedelta(30), made_at=now, made_by=school[Role.DSL].id,
        changed_at=now,
    )  # fmt: skip
    check_in = plot.plant("check_in", teacher.id)
    world.sql("update check_in set plan_id = %s where id = %s", plan, check_in)
    lead = Actor(school[Role.DSL].id, school.id, Role.DSL, school[Role.DSL].session_id)
    async with open_reading(world.runtime.database, lead) as reading:
        found = await things_of(reading.driver, school.id, [("check_in", check_in)])
    thing = found["check_in", check_in]
    assert thing.opens(Actor(teacher.id, school.id, Role.STAFF))
    assert thing.concern_id is None  # named, a sealed concern would hide the alert from its owner
