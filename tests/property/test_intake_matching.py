"""Whatever a tool says: no child without an equal identifier, and no alert lost in a burst."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.exchange.monitoring_alerts import rules
from app.domain.exchange.monitoring_alerts.rules import IDENTIFIERS, Hit, Wanted, content_of
from tests.sampling import examples

CHILDREN = [UUID(int=number) for number in range(1, 5)]
SYSTEMS = sorted({system for systems in IDENTIFIERS.values() for system in systems})
VALUES = ["a", "A", " a ", "b", "T820001426097", "t820001426097", ""]
PARTS = [*IDENTIFIERS, "name"]
START = datetime(2026, 11, 25, 9, tzinfo=UTC)

identifiers = st.lists(
    st.tuples(
        st.sampled_from(CHILDREN), st.sampled_from(SYSTEMS),
        st.sampled_from(["a", "b", "T820001426097"]), st.booleans(), st.booleans(),
    ),
    min_size=1, max_size=8,
)  # fmt: skip
subjects = st.dictionaries(st.sampled_from(PARTS), st.sampled_from(VALUES), max_size=5)
orders = st.just(list(IDENTIFIERS)) | st.lists(
    st.sampled_from(list(IDENTIFIERS)), unique=True, max_size=4
)
json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
fields = ("subject", "device", "application", "url", "matched_terms", "snippet", "evidence",
          "review")  # fmt: skip


def looked_up(kept: list[Any], wanted: list[Wanted]) -> list[Hit]:
    """What the database answers: an equality of system and value, and nothing else."""
    return [
        Hit(one.part, system, child, live, on_roll)
        for one in wanted
        for child, system, value, live, on_roll in kept
        if (system, value) == (one.system, one.value)
    ]


class TestMatching:
    @settings(max_examples=examples(300))
    @given(identifiers, subjects, orders)
    def test_names_a_child_only_by_an_identifier_of_theirs(
        self, kept: list[Any], subject: dict[str, str], order: list[str]
    ) -> None:
        wanted = rules.wanted_of(subject, order)
        match = rules.decide(looked_up(kept, wanted))
        said = {rules.plain(text) for part, text in subject.items() if part in order}
        if match.child_id is not None:
            equal = [
                one
                for one in kept
                if one[0] == match.child_id and one[3] and rules.plain(one[2]) in said
            ]
            assert equal
            assert match.confidence in ("exact", "strong")
        else:
            assert match.confidence in ("weak", "none")
        assert set(match.candidates) <= {one[0] for one in kept}

    @given(identifiers, subjects, orders)
    def test_never_decides_between_two(
        self, kept: list[Any], subject: dict[str, str], order: list[str]
    ) -> None:
        hits = looked_up(kept, rules.wanted_of(subject, order))
        match = rules.decide(hits)
        deciding = {hit.child_id for hit in hits if hit.decides}
        assert (match.child_id is not None) == (len(deciding) == 1)

    @given(subjects)
    def test_never_looks_for_a_name(self, subject: dict[str, str]) -> None:
        wanted = rules.wanted_of({"name": subject.get("name", "Alex")}, list(IDENTIFIERS))
        assert wanted == []


class TestBursts:
    @given(subjects, subjects, st.none() | st.sampled_from(["self_harm", "bullying"]))
    def test_are_never_of_two_people(
        self, one: dict[str, str], other: dict[str, str], category: str | None
    ) -> None:
        keys = [rules.burst_key(None, subject, category) for subject in (one, other)]
        if keys[0] is not None and keys[0] == keys[1]:
            parts = ("username", "email", "upn", "mis_id")
            firsts = [
                next((part, rules.plain(subject[part])) for part in parts if subject.get(part))
                for subject in (one, other)
            ]
            assert firsts[0] == firsts[1]


class TestBodies:
    @given(st.dictionaries(st.sampled_from(fields), json_values))
    def test_can_always_be_kept_and_shown(self, body: dict[str, Any]) -> None:
        found = content_of(body)
        packed = orjson.dumps(found).decode()
        assert "\\u0000" not in packed
        assert len(packed) < 400_000
