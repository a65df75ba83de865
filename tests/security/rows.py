"""What a row of the matrix is, and the groups of roles rows are written in."""

from dataclasses import dataclass

from app.core.words import Permission, Role
from tests.security.scenes import Call, Recipe, Scene
from tests.world import EVERY_ROLE

R = Role
READERS = frozenset({R.PASTORAL, R.DEPUTY_DSL, R.DSL, R.HEADTEACHER})
IN_SCHOOL = READERS | {R.STAFF, R.SCHOOL_ADMIN}
LEADS = frozenset({R.DEPUTY_DSL, R.DSL})
SIGNERS = frozenset({R.DSL, R.HEADTEACHER})
ADMIN = frozenset({R.SCHOOL_ADMIN})
EVERYBODY = frozenset(EVERY_ROLE)
ANYBODY: frozenset[Role] = frozenset()
"""Public: no token is needed, and none is looked at."""
OVERSIGHT = frozenset({R.GOVERNOR, R.CHAIR_OF_GOVERNORS, R.TRUST_LEAD})


@dataclass(frozen=True)
class Row:
    """One operation: who may, a valid request, and what another school's token gets for it.

    `foreign` is a status, or None where the request names nothing of the school: then it is
    answered within the other school, and shows nothing of the first.
    `narrower`: the operation decides between roles beyond its scope's permission.
    `hides`: whoever may not is told that there is no such thing.
    `by_key`: for service keys with this scope, and for nobody else; then `roles` is empty.
    `in_trust`: who may in a trust, of what nobody in a school may.
    `once`: the request names something new, so that each sender needs one of their own.
    """

    roles: frozenset[Role]
    recipe: Recipe
    foreign: int | None = 404
    narrower: bool = False
    hides: bool = False
    by_key: Permission | None = None
    once: bool = False
    in_trust: frozenset[Role] = frozenset()


def plain(**ids: str) -> Recipe:
    """A request that needs nothing made first."""

    async def recipe(_scene: Scene) -> Call:
        return Call(ids)

    return recipe
