"""docs/states.md: every kind with states is drawn, with all its states and changes."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.cli.states import PAGE, page
from app.core.vocabularies import VOCABULARIES
from app.db.models import Action, Share
from app.domain.courses import COURSES, Course
from app.domain.kinds import KINDS, NEW, Kind
from tests.answers import described
from tests.state_changes import Undeclared

ROOT = Path(__file__).parents[2]
WITH_STATES: list[Kind[Any] | Course] = [
    *(kind for kind in KINDS.values() if "state" in kind.model.__table__.columns),
    *COURSES.values(),
]
UNLISTED = {
    "incomplete_report": {"open", "resolved"},
    "past_import": set(VOCABULARIES["import_states"].codes) - {"parsed"},
}
"""States of kinds that have neither a check in the database nor a vocabulary of their own."""
CHECK = re.compile(r"state in \(((?:'\w+',? ?)+)\)")


def states_of(kind: Kind[Any] | Course) -> set[str]:
    """The states that its changes lead from or to."""
    return {one for before, after, _ in kind.changes() for one in (before, after)} - {NEW}


def states_kept(kind: Kind[Any] | Course) -> set[str]:
    """The states that its table or its vocabulary allows."""
    for one in kind.model.__table__.constraints if kind.model is not None else ():
        if str(one.name).endswith("_state") and (found := CHECK.search(str(one.sqltext))):
            return set(re.findall(r"\w+", found[1]))
    if kind.name in UNLISTED:
        return UNLISTED[kind.name]
    words = kind.name.split("_")
    first, last = words[0], words[-1]
    names = (f"{kind.name}_states", f"{first}_states", f"{last}_states")
    return set(next(VOCABULARIES[name].codes for name in names if name in VOCABULARIES))


class TestThePage:
    def test_is_what_the_kinds_say(self) -> None:
        assert (ROOT / PAGE).read_text() == page(), "run `cairn states`"

    def test_draws_each_kind_once(self) -> None:
        titles = re.findall(r"^## (.+)$", page(), re.MULTILINE)
        assert titles == sorted(titles)
        assert len(titles) == len(WITH_STATES) > 15


class TestKinds:
    @pytest.mark.parametrize("kind", WITH_STATES, ids=lambda kind: kind.name)
    def test_with_states_say_how_each_is_reached(self, kind: Kind[Any] | Course) -> None:
        assert states_of(kind) == states_kept(kind)
        reached, before = {NEW}, set[str]()
        while reached != before:
            before = reached
            reached = reached | {after for one, after, _ in kind.changes() if one in reached}
        assert states_of(kind) <= reached

    def test_name_operations_that_there_are(self) -> None:
        known = {
            operation["operationId"]
            for methods in described()["paths"].values()
            for operation in methods.values()
        }
        verbs = {verb for kind in WITH_STATES for _, _, verb in kind.changes()}
        assert {verb for verb in verbs if " " not in verb and verb not in known} == set()


class TestEveryOtherTest:
    def test_fails_on_a_change_of_state_that_is_not_declared(self) -> None:
        action = Action(state="open")
        action.state = "done"
        with pytest.raises(Undeclared, match="action: new to done"):
            Action(state="done")
        share = Share(state="draft")
        with pytest.raises(Undeclared, match="share: draft to acknowledged"):
            share.state = "acknowledged"
