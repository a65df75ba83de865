"""Messages about alerts: words for every kind, and nothing of anybody in them."""

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

import app
from app.core.ids import new_id
from app.core.vocabularies import VOCABULARIES
from app.domain.common.alerts.rules import (
    SUBJECTS,
    Gathered,
    Notice,
    message_id_of,
    words_of,
    words_of_several,
)

TELLS = {"tell", "tell_of_concern", "tell_leads", "tell_watchers", "_warn"}
LINK = "https://cairn.example"
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def a_notice(kind: str, *, urgent: bool = False, again: datetime | None = None) -> Notice:
    return Notice(new_id(), kind, urgent, (f"{new_id().hex}@example.org",), again)


def kinds_told() -> Iterator[tuple[str, str]]:
    """Each kind that the source tells somebody of, with its file."""
    for file in sorted((Path(app.__file__).parent / "domain").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in TELLS:
                given = [*node.args, *(word.value for word in node.keywords if word.arg == "kind")]
                for one in given:
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield one.value, file.name


def _name(function: ast.expr) -> str | None:
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr
    return None


class TestKinds:
    def test_have_words_wherever_somebody_is_told(self) -> None:
        found = dict(kinds_told())
        assert len(found) > 10
        assert {kind: file for kind, file in found.items() if kind not in SUBJECTS} == {}

    def test_have_labels(self) -> None:
        assert set(SUBJECTS) == VOCABULARIES["alert_kinds"].codes


class TestWords:
    @pytest.mark.parametrize("kind", sorted(SUBJECTS))
    @pytest.mark.parametrize("urgent", [False, True])
    def test_are_the_same_for_everybody(self, kind: str, urgent: bool) -> None:
        """Nothing of a person or a record can be in them: two alerts have one text."""
        one, two = (words_of(a_notice(kind, urgent=urgent), LINK) for _ in range(2))
        assert one == two
        assert one.subject.isascii()
        assert "{" not in one.subject + one.text
        assert LINK in one.text
        assert "999" in one.text
        assert one.subject.startswith("Urgent: ") is urgent

    def test_have_no_more_to_say_than_which_alert(self) -> None:
        known = {one.name for one in fields(Notice)}
        assert known == {"alert_id", "kind", "urgent", "addresses", "rung_again_at", "reference"}

    def test_tell_nothing_of_the_adult_register(self) -> None:
        for adult, other in (
            ("adult_concern", "concern_raised"), ("appointment_needed", "concern_raised"),
            ("adult_overdue", "overdue"),
        ):  # fmt: skip
            for urgent in (False, True):
                assert words_of(a_notice(adult, urgent=urgent), LINK) == words_of(
                    a_notice(other, urgent=urgent), LINK
                )

    def test_say_to_phone_where_somebody_may_be_in_danger(self) -> None:
        assert "phone the school now" in words_of(a_notice("overdue", urgent=True), LINK).text
        assert "the school now" not in words_of(a_notice("break_glass", urgent=True), LINK).text

    def test_of_several_say_the_most_urgent_and_how_many_more(self) -> None:
        urgent = replace(a_notice("overdue", urgent=True), reference="C-2026-000042")
        routine = replace(a_notice("overdue"), reference="C-2026-000007")
        found = words_of_several(Gathered([urgent, routine, a_notice("adult_overdue")]), LINK)
        assert found.subject == "Urgent: C-2026-000042 needs you, and 2 more"
        assert "C-2026-000007\n" in found.text
        assert "phone the school now" in found.text


class TestMessageId:
    def test_is_another_for_other_alerts_together(self) -> None:
        one, two = a_notice("overdue"), replace(a_notice("overdue"), alert_id=UUID(int=2))
        found = {
            message_id_of(Gathered(of), "here", *one.addresses) for of in ([one], [one, two], [two])
        }
        assert len(found) == 3

    def test_is_the_same_for_every_attempt(self) -> None:
        notice = a_notice("overdue")
        assert (
            message_id_of(Gathered([notice]), "here", *notice.addresses)
            == f"alert-{notice.alert_id}@here"
        )

    def test_is_another_when_it_rings_anew(self) -> None:
        again = Notice(UUID(int=1), "overdue", False, ("a@example.org",), AT)
        assert (
            message_id_of(Gathered([again]), "here", "a@example.org")
            == f"alert-{again.alert_id}-20261125T093000@here"
        )

    def test_is_another_beside_the_address_that_counts(self) -> None:
        both = Notice(UUID(int=1), "overdue", False, ("a@example.org", "b@example.org"))
        one, two = (message_id_of(Gathered([both]), "here", address) for address in both.addresses)
        assert (one, two) == (f"alert-{both.alert_id}@here", f"alert-{both.alert_id}-beside@here")
