"""Mail about the adult register says what any other alert's says, and is traced apart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.words import Role
from app.jobs.alerts import send_alert
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run
from app.jobs.sweeps import SETTLE_REGISTERS
from tests.adults import NARRATIVE, raise_about, row_of
from tests.world import School, World


def run_of(folder_adapters: Adapters, **args: Any) -> Run:
    found: Mapping[str, Any] = {name: str(value) for name, value in args.items()}
    return Run(folder_adapters, build_queue(folder_adapters), found)


def mails_in(folder: Path) -> list[str]:
    """The messages that were sent."""
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


class TestSendAlert:
    async def test_names_neither_register_nor_person_nor_reference(
        self, world: World, school: School, folder_adapters: Adapters, tmp_path: Path
    ) -> None:
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id, immediate_risk=True)
        (job,) = world.sql(
            "select args from procrastinate_jobs where task_name = 'alert.send_one' "
            "and args->>'school_id' = %s",
            str(school.id),
        )
        assert set(job[0]) == {"school_id", "alert_id"}
        for _ in range(2):
            await send_alert(run_of(folder_adapters, **job[0]))
        (text,) = mails_in(tmp_path)
        assert f"To: {school[Role.HEADTEACHER].email}" in text
        for secret in (receipt["id"], receipt["reference"], NARRATIVE, "adult", "staff concern",
                       school[Role.PASTORAL].name):  # fmt: skip
            assert secret not in text
        alert = job[0]["alert_id"]
        assert world.sql("select verb from adult_trail where noun_id = %s order by at", alert) == [
            ("alert.raised",), ("alert.sent",),
        ]  # fmt: skip
        assert world.sql("select count(*) from trail where noun_id = %s", alert) == [(0,)]


class TestSettleRegisters:
    async def test_looks_into_every_school(
        self, world: World, school: School, folder_adapters: Adapters
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        world.sql(
            "update membership set valid_to = current_date where staff_id = %s",
            school[Role.HEADTEACHER].id,
        )
        await SETTLE_REGISTERS.run(run_of(folder_adapters, school_id=school.id))
        assert row_of(world, concern, "owner_id") == school[Role.CHAIR_OF_GOVERNORS].id
        assert row_of(world, concern, "case_manager_id") == school[Role.CHAIR_OF_GOVERNORS].id
