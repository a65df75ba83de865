"""What undoing an import restores."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.domain.exchange.roster_changes import rules

WORDS = st.one_of(st.none(), st.text(max_size=3))
NAMES = st.sampled_from(["legal_given_name", "sex", "year_group", "middle_names"])


class TestRestored:
    @given(st.dictionaries(NAMES, st.tuples(WORDS, WORDS)), st.dictionaries(NAMES, WORDS))
    def test_is_what_nobody_changed_since_and_the_rest_is_kept(
        self, made: dict[str, tuple[str | None, str | None]], now: dict[str, str | None]
    ) -> None:
        fields = {name: {"old": old, "new": new} for name, (old, new) in made.items()}

        found = rules.restored(fields, now)

        assert found.values.keys() | set(found.left) == made.keys()
        assert not found.values.keys() & set(found.left)
        for name, (old, new) in made.items():
            assert (name in found.values) is (now.get(name) == new)
            assert found.values.get(name, old) == old

    def test_reads_days_as_days(self) -> None:
        fields = {"date_of_birth": {"old": "2014-03-01", "new": "2014-01-03"}}

        found = rules.restored(fields, {"date_of_birth": date(2014, 1, 3)})

        assert found.values == {"date_of_birth": date(2014, 3, 1)}

    def test_never_names_what_follows_from_other_fields(self) -> None:
        fields = {"sort_name": {"old": "hill amy", "new": "dale amy"}}

        assert rules.restored(fields, {"sort_name": "dell amy"}).left == ()
        assert rules.shown_fields(fields) == []
