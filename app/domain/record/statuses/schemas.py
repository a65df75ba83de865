"""How a status is reviewed and ended."""

from typing import Annotated, Any

from pydantic import AfterValidator

from app.core.schemas import Day, In, Line, SeveralLines, Word, absent


class WorkerIn(In):
    """The professional who leads."""

    name: Line
    role: Line | None = None
    phone: Word | None = None


def _as_kept(worker: WorkerIn) -> dict[str, Any]:
    return worker.model_dump()


Worker = Annotated[WorkerIn, AfterValidator(_as_kept)]


class StatusPatch(In):
    """A merge patch: absent fields stay, null empties. An end, once set, stands."""

    valid_to: Day | None = absent()
    end_reason: SeveralLines | None = absent()
    evidence: SeveralLines | None = absent()
    lead_agency: Line | None = absent()
    worker: Worker | None = absent()
    review_due: Day | None = absent()
