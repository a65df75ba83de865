"""Who may own what, and who comes next."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.words import Role
from app.db.repositories.duty.open_things import OWNED
from app.domain import nouns  # noqa: F401 - registers every kind
from app.domain import owning as owning_table
from app.domain.common.owners.rules import (
    OwnedResource,
    Person,
    allowed,
    casework,
    counted,
    is_apart,
    may_own,
    next_owner,
    why_not,
)
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.owning import owning

NOUNS = sorted(noun for noun in owning() if not is_apart(noun))
CONCERN, CHILD = uuid4(), uuid4()


def a_person(*roles: Role, away: bool = False, locked_out: tuple[UUID, ...] = ()) -> Person:
    names = tuple(role.value for role in roles)
    rights = tuple(FOR_PEOPLE[name] for name in names)
    return Person(uuid4(), names, rights, frozenset(locked_out), away)


def a_thing(
    noun: str = "concern", confidentiality: str | None = "K3", **more: object
) -> OwnedResource:
    about = frozenset({CONCERN, CHILD})
    return OwnedResource(noun, uuid4(), uuid4(), confidentiality, CONCERN, about, **more)  # type: ignore[arg-type]


LEAD, DEPUTY = a_person(Role.DSL), a_person(Role.DEPUTY_DSL)
HEAD, PASTORAL = a_person(Role.HEADTEACHER), a_person(Role.PASTORAL)
ADMIN, TEACHER = a_person(Role.SCHOOL_ADMIN), a_person(Role.STAFF)


class TestTables:
    def test_know_every_noun_that_has_an_owner(self) -> None:
        assert set(owning()) == set(OWNED)
        assert set(casework()) <= set(NOUNS)

    def test_list_for_the_statements_what_the_rule_says(self) -> None:
        rows = {(row["noun"], row["class"], row["role"]) for row in allowed(FOR_PEOPLE)}
        for noun in NOUNS:
            for role, rights in FOR_PEOPLE.items():
                for one in ("K2", "K3", "K4", "K5"):
                    listed = (noun, one, role) in rows or (noun, None, role) in rows
                    assert listed == may_own(rights, noun, one), (noun, role, one)


class TestNextOwner:
    @pytest.mark.parametrize(
        ("people", "expected"),
        [
            ([PASTORAL, DEPUTY, LEAD, HEAD], LEAD),
            ([PASTORAL, HEAD, DEPUTY], DEPUTY),
            ([ADMIN, PASTORAL, TEACHER], PASTORAL),
            ([ADMIN, TEACHER], ADMIN),
        ],
    )
    def test_is_the_highest_reader(self, people: list[Person], expected: Person) -> None:
        assert next_owner(people, a_thing()) == expected.id

    def test_of_a_sealed_concern_reads_it_or_can_break_glass(self) -> None:
        assert next_owner([HEAD, LEAD, ADMIN], a_thing(confidentiality="K5")) == LEAD.id
        assert next_owner([ADMIN, DEPUTY, HEAD], a_thing(confidentiality="K5")) == HEAD.id

    def test_of_a_part_is_who_owns_the_whole(self) -> None:
        action = a_thing("action")
        assert next_owner([LEAD, PASTORAL], action, PASTORAL.id) == PASTORAL.id
        gone = uuid4()
        assert next_owner([LEAD, PASTORAL], action, gone) == LEAD.id

    def test_never_reviews_the_own_doing(self) -> None:
        glass = a_thing("break_glass", barred=frozenset({LEAD.id}))
        assert next_owner([LEAD, HEAD], glass) == HEAD.id
        assert next_owner([LEAD], glass) is None

    def test_is_away_only_where_everybody_is(self) -> None:
        away = a_person(Role.DSL, away=True)
        assert next_owner([away, PASTORAL], a_thing()) == PASTORAL.id
        assert next_owner([away], a_thing()) == away.id

    def test_stays_where_only_a_last_resort_is_left(self) -> None:
        other = a_person(Role.SCHOOL_ADMIN)
        thing = OwnedResource("concern", uuid4(), ADMIN.id, "K3", fault="may_not")
        assert next_owner([other, ADMIN], thing) == ADMIN.id

    @given(st.data())
    def test_is_always_free_and_never_the_one_who_is_gone(self, data: st.DataObject) -> None:
        roles = [role for role in Role if role.value in FOR_PEOPLE]
        people = [
            a_person(
                *data.draw(st.lists(st.sampled_from(roles), min_size=1, max_size=3)),
                away=data.draw(st.booleans()),
                locked_out=data.draw(st.sampled_from([(), (CHILD,), (CONCERN,), (uuid4(),)])),
            )
            for _ in range(data.draw(st.integers(0, 6)))
        ]
        barred = frozenset(one.id for one in people if data.draw(st.booleans()))
        noun = data.draw(st.sampled_from(NOUNS))
        thing = a_thing(
            noun, data.draw(st.sampled_from(["K2", "K3", "K4", "K5"])), barred=barred,
            fault=data.draw(st.sampled_from(["gone", "conflict"])),
        )  # fmt: skip
        owned_by_one: bool = data.draw(st.booleans())
        if people and owned_by_one:
            thing = OwnedResource(
                noun, thing.id, people[0].id, thing.confidentiality, CONCERN, thing.about, barred,
                fault=thing.fault,
            )  # fmt: skip
        found = next_owner(people, thing)
        chosen = next((one for one in people if one.id == found), None)
        able = [one for one in people if why_not(one, thing) is None and one.id != thing.owner_id]
        if chosen is None:
            assert able == []
        else:
            assert chosen.id not in barred
            assert chosen.locked_out.isdisjoint(thing.about)
            assert chosen.id != thing.owner_id
            assert why_not(chosen, thing) is None or able == []


class TestWhyNot:
    def test_says_what_stands_in_the_way(self) -> None:
        related = a_person(Role.DSL, locked_out=(CHILD,))
        assert why_not(None, a_thing()) == "gone"
        assert why_not(a_person(), a_thing()) == "gone"
        assert why_not(related, a_thing()) == "conflict"
        assert why_not(TEACHER, a_thing()) == "may_not"
        assert why_not(TEACHER, a_thing("action")) is None
        assert why_not(LEAD, a_thing("no_such_noun")) == "may_not"


class TestCounted:
    def test_says_how_much_of_each(self) -> None:
        things = [a_thing(), a_thing(), a_thing("share")]
        assert counted(things) == {"open_concerns": 2, "open_shares": 1}


def test_half_a_registry_is_a_fault_and_no_denial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owning_table, "_complete", [])
    with pytest.raises(RuntimeError, match=r"app\.domain\.nouns"):
        may_own(FOR_PEOPLE[Role.DSL.value], "action", None)
