"""The kind of a review: seen through its concern or child, and by its owner."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Review
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HAS_CONCERN
from app.domain import visibility
from app.domain.access.closed_files.queries import check_concern_unfrozen, check_unfrozen
from app.domain.kinds import AtDeath, Kind, kind
from app.domain.owning import CLASSES, Owning
from app.domain.policy import can_own
from app.domain.record.reviews.errors import ReviewEnded, ReviewNotFound

P = Permission


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    return P.REVIEW_SET in rights.permissions and can_own(rights, confidentiality or "K3")


async def _unfrozen(work: UnitOfWork, review: Review) -> None:
    if review.concern_id is not None:
        await check_concern_unfrozen(work, review.concern_id)
    elif review.child_id is not None:
        await check_unfrozen(work, [review.child_id], written_at=review.set_at)


OWNER = visibility.First((visibility.SEALED_RULE, visibility.owns("review")))
REVIEW = kind(
    Kind(
        "review", Review,
        reads=P.REVIEW_SET,
        visible=visibility.Unless(
            (visibility.CONFLICT, visibility.CHILD_CONFLICT),
            visibility.Or(
                visibility.If(
                    HAS_CONCERN,
                    visibility.OF_CONCERN,
                    visibility.And(visibility.OF_CHILD, visibility.OWN_CLASS),
                ),
                OWNER,
            ),
        ),
        missing=ReviewNotFound,
        ended=ReviewEnded,
        opened=AuditEvent.REVIEW_OPENED,
        description=
        "Open a review.\n\n"
        "Shows one review, and each time it was completed.",
        reassigned=AuditEvent.REVIEW_CHANGED,
        events=(AuditEvent.REVIEW_SET, AuditEvent.REVIEW_CHANGED, AuditEvent.REVIEW_DONE,
        AuditEvent.REVIEW_ENDED),
        at_death=AtDeath(AuditEvent.REVIEW_ENDED, AuditEvent.REVIEW_CHANGED),
        owning=Owning(
            _may_own, last=(Role.HEADTEACHER, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN), classes=CLASSES
        ),
        guard=_unfrozen,
    )
)  # fmt: skip
