"""Who reaches a review: by the concern or the child it is about, and its owner."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Child, Review
from app.db.repositories.reviews import ReviewSight
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import child_facts
from app.domain.access.concerns import ONLY_READING, facts_of, sight_of
from app.domain.access.locks import check_concern_unfrozen, check_unfrozen
from app.domain.errors import PermissionMissing, VersionStale
from app.domain.policy import Effect, Step
from app.domain.reviews import rules
from app.domain.reviews.errors import ReviewEnded, ReviewNotFound

Judge = Callable[[Actor], tuple[Step, ...]]


def review_sight(actor: Actor) -> ReviewSight:
    """How far the actor sees, for the statements that filter by it."""
    rights = policy.rights_of(actor)
    opens = {Permission.CHILD_OPEN, Permission.CHILD_CHANGE} & rights.permissions
    return ReviewSight(
        sight_of(actor),
        bool(opens),
        tuple(sorted(rights.classes | rights.cohort_classes)),
        rights.cohort_only,
        "K5" in rights.classes,
    )


async def review_for(work: UnitOfWork, review_id: UUID, *, lock: bool = False) -> Review:
    """The review, for somebody who may read it. Raises `PermissionMissing`, `ReviewNotFound`."""
    policy.require(work.actor, Permission.REVIEW_SET)
    review = await (work.concerns.lock if lock else work.concerns.find)(Review, review_id)
    if review is None or not await _sees(work, work.actor, review):
        raise ReviewNotFound
    return review


async def review_to_change(work: UnitOfWork, review_id: UUID, version: int) -> Review:
    """The review, locked, at the version the client last saw, for who works on what it is about.

    What is seen by a grant or through broken glass alone is for reading.
    Raises as `review_for`, `VersionStale`, `ReviewEnded`.
    """
    review = await review_for(work, review_id, lock=True)
    if not await works_on(work, review):
        raise PermissionMissing(ONLY_READING)
    if review.concern_id is not None:
        await check_concern_unfrozen(work, review.concern_id)
    elif review.child_id is not None:
        await check_unfrozen(work, [review.child_id], written_at=review.set_at)
    if review.version != version:
        raise VersionStale
    if review.ended_at is not None:
        raise ReviewEnded
    return review


async def works_on(work: UnitOfWork, review: Review) -> bool:
    """Whether the actor reaches it by their role, and not by a grant alone."""
    return await _sees(work, replace(work.actor, grants=()), review)


async def _sees(work: UnitOfWork, actor: Actor, review: Review) -> bool:
    judge, _ = await judge_of(work, review)
    return policy.decided(judge(actor)).allowed


async def judge_of(work: UnitOfWork, review: Review) -> tuple[Judge, tuple[UUID, ...]]:
    """What a review is about, read once, as the rules that say who reads it; and its children."""
    owner_id, own_class = review.owner_id, review.confidentiality
    if review.concern_id is not None:
        sight = await work.concerns.sight_of(review.concern_id)
        if sight is None:
            return _nobody, ()

        def of_concern(actor: Actor) -> tuple[Step, ...]:
            owner = owner_id == actor.id
            return rules.chain_of_concern(actor, facts_of(actor, sight), owner=owner)

        return of_concern, sight.children
    child = await work.children.find(Child, review.child_id) if review.child_id else None
    if child is None:
        return _nobody, ()

    def of_child(actor: Actor) -> tuple[Step, ...]:
        facts = child_facts(actor, child.id, child.year_group, child.registration_group)
        granted = policy.granted_for(actor, own_class, children=(child.id,))
        return rules.chain_of_child(
            actor, facts, own_class, owner=owner_id == actor.id, granted=granted is not None
        )

    return of_child, (child.id,)


def _nobody(_actor: Actor) -> tuple[Step, ...]:
    return (Step("missing", Effect.DENY, "what it is about is not here"),)
