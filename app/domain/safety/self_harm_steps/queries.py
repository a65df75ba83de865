"""What a person says with a step, and of which pupils of the report they say it."""

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
"""Where ids are kept that were sent with a step and are of no pupil of the report."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What is written down with a step, when it was, and who it is about; None: all it means."""

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
    """The same where somebody has to come: an id that nobody knows is kept, and refuses nothing.

    Nothing ends for a pupil who was not named. That nobody is with one of them may be any pupil.
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
