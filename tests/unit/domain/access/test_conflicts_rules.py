"""Who takes over from somebody who is locked out, and whether anyone could still lead."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.core.words import Role
from app.domain import policy
from app.domain.access.conflicts.rules import (
    LEAD_ORDER,
    ROLES,
    Candidate,
    free,
    is_second,
    next_owner,
    stays_led,
)

CLASSES = ("K2", "K3", "K4", "K5")
PEOPLE = st.lists(
    st.builds(Candidate, st.uuids(), st.sampled_from(ROLES), st.booleans(), st.booleans()),
    max_size=6,
    unique_by=lambda person: person.id,
)


def one(role: Role, *, in_conflict: bool = False, away: bool = False) -> Candidate:
    return Candidate(uuid4(), role, in_conflict, away)


class TestNextOwner:
    @given(PEOPLE, st.sampled_from(CLASSES))
    def test_is_never_somebody_in_conflict(self, people: list[Candidate], kept: str) -> None:
        locked_out = {person.id for person in people if person.in_conflict}
        assert next_owner(people, kept) not in locked_out

    @given(PEOPLE, st.sampled_from(CLASSES))
    def test_is_away_only_where_nobody_here_could(self, people: list[Candidate], kept: str) -> None:
        chosen = next((one for one in people if one.id == next_owner(people, kept)), None)
        if chosen is not None and chosen.away:
            assert next_owner([one for one in people if not one.away], kept) is None

    @given(PEOPLE, st.sampled_from(CLASSES))
    def test_reads_it_where_anybody_does(self, people: list[Candidate], kept: str) -> None:
        here = [one for one in people if not one.away and not one.in_conflict]
        readers = {one.id for one in here if policy.can_own(policy.BUILT_IN[Role(one.role)], kept)}
        assert not readers or next_owner(people, kept) in readers

    def test_of_what_nobody_reads_is_who_can_break_glass_and_then_who_appoints(self) -> None:
        head, deputy, admin = (
            one(Role.HEADTEACHER), one(Role.DEPUTY_DSL), one(Role.SCHOOL_ADMIN),
        )  # fmt: skip
        assert next_owner([admin, deputy, head], "K5") == head.id
        assert next_owner([admin, deputy], "K5") == deputy.id
        assert next_owner([admin], "K5") == admin.id
        assert next_owner([one(Role.PASTORAL, in_conflict=True)], "K3") is None


class TestStaysLed:
    @given(PEOPLE, st.uuids())
    def test_does_not_depend_on_who_leads_nothing(self, people: list[Candidate], id_: UUID) -> None:
        assert stays_led(people, id_)

    def test_fails_with_the_last_who_is_free(self) -> None:
        for role in LEAD_ORDER:
            last, locked_out = one(role), one(Role.DSL, in_conflict=True)
            assert not stays_led([last, locked_out, one(Role.PASTORAL)], last.id)
            assert stays_led([last, one(Role.HEADTEACHER)], last.id)


def test_a_suggestion_is_decided_by_another_or_by_whom_it_is_about() -> None:
    typed, other = uuid4(), uuid4()
    assert not is_second(typed, other, [typed, None])
    assert is_second(other, typed, [typed])
    assert is_second(typed, typed, [typed])


def test_who_is_free_stays_in_order() -> None:
    people = [(uuid4(), "dsl"), (uuid4(), "deputy_dsl"), (uuid4(), "headteacher")]
    assert free(people, [people[1][0]]) == [people[0], people[2]]
