"""What is looked at in every school from time to time, in case something was lost."""

from typing import Final

from app.db.repositories.people import schools
from app.domain.access.child_searches.commands import end_searches
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.adults.adult_concern_steps.commands import settle_all
from app.domain.common.deadlines.commands import recompute
from app.domain.record.actions.commands import remind
from app.domain.record.incomplete_reports.commands import settle_incomplete_reports
from app.domain.record.meetings.commands import remind_of_meetings
from app.domain.safety.bereavement_dates.commands import look_after
from app.domain.safety.support_services.commands import ask_for_checks
from app.jobs.runner import Backoff, Task
from app.jobs.schools import WITH_DEADLINES, in_each, in_use, named_by, with_a_record

# What changes clocks counts them again at once; a crash or a new release may leave some behind.
RECOUNT = Task(
    "clocks.recount", in_each(WITH_DEADLINES, recompute), Backoff(attempts=10), every="37 * * * *"
)
REMIND_OWNERS = Task(
    "actions.remind", in_each(WITH_DEADLINES, remind, remind_of_meetings),
    Backoff(attempts=3), every="*/5 * * * *",
)  # fmt: skip
SETTLE_REGISTERS = Task(
    "register.settle",
    in_each(
        named_by(schools.WITH_ADULT_CONCERNS), settle_all, settle_incomplete_reports
    ),
    Backoff(attempts=3), every="*/10 * * * *",
)  # fmt: skip
LOOK_AROUND_DAYS = Task(
    "bereavement.look_around_days", in_each(with_a_record, look_after),
    Backoff(attempts=5), every="25 * * * *",
)  # fmt: skip
CHECK_SUPPORT_SERVICES = Task(
    "support_services.check", in_each(in_use, ask_for_checks),
    Backoff(attempts=5), every="5 4 * * *",
)  # fmt: skip
FIND_CONFLICTS = Task(
    "conflicts.find", in_each(in_use, find_conflicts), Backoff(attempts=5), every="40 3 * * *"
)
END_SEARCHES = Task(
    "searches.end", in_each(named_by(schools.WITH_CHILD_SEARCHES), end_searches),
    Backoff(attempts=5), every="* * * * *",
)  # fmt: skip
SWEEPS: Final = (
    RECOUNT, REMIND_OWNERS, SETTLE_REGISTERS, LOOK_AROUND_DAYS, CHECK_SUPPORT_SERVICES,
    FIND_CONFLICTS, END_SEARCHES,
)  # fmt: skip
