"""The content of a step, and the pupils of the report it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.record.concerns.rules import check_occurred
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.commands import pupils_in
from app.domain.safety.self_harm.errors import PupilUnknown
from app.domain.safety.self_harm.rules import Pupil, key, meant, named

NOT_OF_IT = "unknown"
"""Key for IDs sent with a step that are not pupils of the report."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """Content of a step, its time, and its pupils; None: all that it means by default."""

    details: Mapping[str, Any] = field(repr=False)
    at: datetime | None = None
    pupils: Sequence[Pupil] | None = None


def check_at(work: UnitOfWork, report: StepReport, pointer: str = "/at") -> None:
    """Raise `OccurredInFuture` for a moment that has not come yet."""
    if report.at is not None:
        check_occurred(report.at, work.now, pointer)


async def pupils_meant(
    work: UnitOfWork, concern_id: UUID, step: str, report: StepReport
) -> list[Pupil]:
    """The pupils a step is about. Raises `PupilUnknown` where one is not of the report."""
    pupils = await pupils_in(work, concern_id)
    if report.pupils is None:
        return meant(step, pupils, None)
    result = named(pupils, report.pupils)
    if result.wrong:
        raise PupilUnknown.at(result.wrong)
    return list(result.pupils)


async def about_known_pupils(
    work: UnitOfWork, concern_id: UUID, step: str, report: StepReport
) -> StepReport:
    """Limit an urgent report to known pupils: an unknown ID is saved, and refuses nothing.

    Nothing ends for a pupil who was not named. A pupil left alone may be any of them.
    """
    if report.pupils is None:
        return report
    result = named(await pupils_in(work, concern_id), report.pupils)
    if not result.wrong:
        return replace(report, pupils=result.pupils)
    wrong = [key(report.pupils[index]) for index in result.wrong]
    return StepReport(
        {**report.details, NOT_OF_IT: wrong}, report.at,
        None if step == rules.ALONE else result.pupils,
    )  # fmt: skip
