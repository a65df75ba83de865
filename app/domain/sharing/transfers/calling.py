"""What of a file that came is said on the telephone on the first day, and not only read."""

from collections.abc import Mapping
from typing import Any, Final

from app.db.models import IncomingTransfer
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.sharing.transfers import rules

FROM_SCHOOL: Final = "plan_from_school"
PLANS: Final = frozenset({"safety_plan", "support_plan"})
CLOSED: Final = "closed"


async def call_sender(work: UnitOfWork, row: IncomingTransfer, record: Mapping[str, Any]) -> None:
    """Ask a lead to telephone the school a file came from, once a file, where it asks for it."""
    if asks_for_call(record):
        await set_task(
            work,
            SetTask(
                FROM_SCHOOL, child_id=row.child_id, about=(rules.INCOMING, row.id),
                dedupe=f"{FROM_SCHOOL}:{row.id}",
            ),
        )  # fmt: skip


def asks_for_call(record: Mapping[str, Any]) -> bool:
    """Whether a file holds a plan, or something that was told of self-harm and is not closed.

    It may have been written by any system: what is not as it is described asks for nothing.
    """
    return any(_asks(one) for one in record.get("records", ()))


def _asks(one: Mapping[str, Any]) -> bool:
    content = one.get("content")
    if not isinstance(content, Mapping):
        return False
    if one.get("kind") == "safety_record":
        return str(content.get("record")) in PLANS
    told = content.get("self_harm")
    return isinstance(told, Mapping) and told.get("state") != CLOSED
