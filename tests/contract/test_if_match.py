"""Whatever changes an existing record asks for the version that its sender has read.

The sweep finds those operations by itself, over every method. One that asks for no version says
why as `x-no-if-match`, by one of a few reasons, and each reason is held to what it says.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from app.api.no_if_match import MARK, REASONS, NoIfMatch
from tests.answers import codes_of, described, inlined

Operation = dict[str, Any]
MADE = {"201", "202"}
ONE_PERSON_OR_NONE = ("signed_in", "public")
"""Scopes of what is the sender's own; an answer to a question asked of them is, too."""
OWN_ANSWERS = {"answer_question"}


@pytest.fixture(scope="module")
def changes() -> dict[str, Operation]:
    """Every operation that may change what exists: all that only make something new are left out.

    A POST to an address without an id that answers 201 or 202 makes something.
    """
    return {
        operation["operationId"]: operation
        for path, methods in inlined(described())["paths"].items()
        for method, operation in methods.items()
        if method in ("put", "patch", "delete")
        or (method == "post" and ("{" in path or not MADE & set(operation["responses"])))
    }


@pytest.fixture(scope="module")
def by_reason(changes: dict[str, Operation]) -> dict[str, dict[str, Operation]]:
    """Those that ask for no version, by the reason they give."""
    found: dict[str, dict[str, Operation]] = defaultdict(dict)
    for name, operation in changes.items():
        if MARK in operation:
            found[operation[MARK]][name] = operation
    return found


def asks(operation: Operation) -> bool:
    """Whether it takes If-Match and says by code what comes without, and with an old one."""
    required = {
        one["name"].lower() for one in operation.get("parameters", ()) if one.get("required")
    }
    return "if-match" in required and {"precondition_needed", "version_stale"} <= codes_of(
        operation
    )


def test_every_change_asks_for_a_version_or_says_why_not(changes: dict[str, Operation]) -> None:
    either = {name: asks(one) != (MARK in one) for name, one in changes.items()}
    assert [name for name, holds in either.items() if not holds] == []


def test_a_reason_is_one_of_the_list_and_each_is_used(
    by_reason: dict[str, dict[str, Operation]],
) -> None:
    assert set(by_reason) == set(NoIfMatch) == set(REASONS)
    assert described()[f"{MARK}-reasons"] == {one.value: text for one, text in REASONS.items()}


def test_only_a_change_says_why_not(changes: dict[str, Operation]) -> None:
    marked = {
        operation["operationId"]
        for methods in described()["paths"].values()
        for operation in methods.values()
        if MARK in operation
    }
    assert marked <= set(changes)


def test_what_only_adds_answers_that_it_made_something(
    by_reason: dict[str, dict[str, Operation]],
) -> None:
    for name, operation in by_reason[NoIfMatch.ADDS].items():
        assert MADE & set(operation["responses"]), name


def test_danger_is_said_only_by_what_is_never_lost(
    by_reason: dict[str, dict[str, Operation]],
) -> None:
    found = by_reason[NoIfMatch.DANGER]
    assert set(found) == {"record_emergency", "record_with_adult", "report_worry"}
    assert all("ReportRefused" in str(one["responses"]) for one in found.values())


def test_own_is_said_only_by_what_needs_no_permission(
    by_reason: dict[str, dict[str, Operation]],
) -> None:
    others = {
        name
        for name, one in by_reason[NoIfMatch.OWN].items()
        if one["x-scope"] not in ONE_PERSON_OR_NONE
    }
    assert others == OWN_ANSWERS


def test_no_version_is_said_only_to_people_of_other_organisations(
    by_reason: dict[str, dict[str, Operation]],
) -> None:
    scopes = {one["x-scope"] for one in by_reason[NoIfMatch.NO_VERSION].values()}
    assert scopes <= {"recipient", "public", "referral:answer"}


def test_scim_is_said_only_by_scim(by_reason: dict[str, dict[str, Operation]]) -> None:
    assert all(one.get("x-scim") for one in by_reason[NoIfMatch.SCIM].values())


def test_the_decision_counts_them(by_reason: dict[str, dict[str, Operation]]) -> None:
    """Whoever adds one weighs it there."""
    page = (
        Path(__file__).parents[2] / "docs/decisions/0076-changes-without-a-version.md"
    ).read_text()
    counts = {
        reason: int(number) for reason, number in re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.M)
    }
    found = {one: len(items) for one, items in by_reason.items() if one != NoIfMatch.SCIM}
    assert counts == found
    assert page.startswith(f"# 0076: {sum(found.values())} changes")


def test_sees_what_is_there(changes: dict[str, Operation]) -> None:
    """The sweep would pass blindly where it found nothing."""
    assert len(changes) > 250
    assert sum(asks(one) for one in changes.values()) > 150
