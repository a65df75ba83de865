"""Who hears of a referral: what a person's own mandatory report adds, and what it never adds."""

from uuid import uuid4

import pytest

from app.core.words import Actor, Conflicts, Role
from app.db.facts import Facts
from app.db.repositories.concern_facts import ConcernAccess, Pupil
from app.domain.common.owners.rules import OWN_DUTY
from app.domain.sharing.referrals.kind import REFERRAL

ME, SCHOOL, CHILD, CONCERN = (uuid4() for _ in range(4))
REPORT = Facts(
    uuid4(), holders=frozenset({ME}), own_class=OWN_DUTY, child=Pupil(CHILD, None, None),
    concern=ConcernAccess(CONCERN, "K3", ME, None, (), (), (CHILD,)),
)  # fmt: skip
NOBODY, SOME_CHILD, SOME_CONCERN = (
    Conflicts(), Conflicts(children=frozenset({CHILD})), Conflicts(concerns=frozenset({CONCERN})),
)  # fmt: skip


def teacher(conflicts: Conflicts) -> Actor:
    return Actor(ME, SCHOOL, Role.STAFF, conflicts=conflicts)


class TestAnOwnReport:
    def test_is_shown_to_the_person_who_owes_it(self) -> None:
        assert REFERRAL.shows(teacher(NOBODY), REPORT)

    @pytest.mark.parametrize("conflicts", [SOME_CHILD, SOME_CONCERN])
    def test_is_not_shown_in_a_conflict_of_interest(self, conflicts: Conflicts) -> None:
        assert not REFERRAL.shows(teacher(conflicts), REPORT)

    def test_is_not_shown_to_a_colleague(self) -> None:
        assert not REFERRAL.shows(Actor(uuid4(), SCHOOL, Role.STAFF), REPORT)
