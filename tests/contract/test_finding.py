"""The page for people who are new to the tree names every noun, and only paths that there are."""

import re
from pathlib import Path

import pytest

from app.core.pointers import PATHS, WITHIN_OTHERS
from tests.contract.test_areas import AREAS

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "app/domain"
PAGE = (ROOT / "docs/finding.md").read_text()
FIRST_GUESSES = {
    "concern": "concerns", "action": "actions", "chronology": "chronology", "child": "children",
    "contact": "contacts", "relationship": "relationships", "meeting": "meetings",
    "attachment": "attachments", "attendance": "attendance", "ladder": "ladder", "cover": "cover",
    "task": "tasks", "drill": "drills", "conflict": "conflicts", "grant": "grants",
    "audit": "audit", "role": "roles", "passkey": "passkeys", "session": "sessions",
    "step-up": "step_ups", "invitation": "invitations", "safety plan": "safety_plans",
    "self-harm": "self_harm", "check-in": "check_ins", "missing episode": "missing_episodes",
    "adult concern": "adult_concerns", "allegation": "allegations", "share": "shares",
    "referral": "referrals", "agency": "agencies", "transfer": "transfers",
    "document": "documents", "mandatory report": "mandatory_reports", "webhook": "webhooks",
    "event": "events", "roster": "roster", "roster import": "roster_imports", "job": "jobs",
    "monitoring alert": "monitoring_alerts",
}  # fmt: skip
"""What somebody new would name the folder of each noun."""


LOOKED_FOR = {
    "account": "people/sessions", "alert": "app/domain/common/alerts",
    "authority contacts": "safety/support_services", "calendar note": "safety/linked_concerns",
    "comment": "record/concern_notes", "deadline": "app/domain/common/deadlines",
    "decision": "record/concern_notes", "home safety talk": "safety/found_items",
    "test": "tests/api/record/test_actions.py",
}  # fmt: skip
"""What newcomers looked for under its own name, and did not find in a folder of that name."""


def nouns_of(area: str) -> set[str]:
    return {path.parent.name for path in (DOMAIN / area).glob("*/__init__.py")}


def _row(area: str) -> str:
    rows: list[str] = re.findall(rf"^\| `{area}`: .*$", PAGE, re.M)
    assert len(rows) == 1
    return rows[0]


class TestThePage:
    @pytest.mark.parametrize("area", AREAS)
    def test_names_every_noun_of_an_area_and_no_other(self, area: str) -> None:
        assert set(re.findall(r"`(\w+)`", _row(area))) - {area} == nouns_of(area)

    def test_names_only_paths_that_there_are(self) -> None:
        named = re.findall(r"`([a-z_]+(?:/[\w./]+)+)`", PAGE)
        assert len(named) > 50
        missing = [
            one for one in named
            if not ((ROOT if one.startswith(("app/", "tests/")) else DOMAIN) / one).exists()
        ]  # fmt: skip
        assert missing == []


def rows() -> list[tuple[str, str]]:
    """What somebody looks for and where it is, in the order of the page."""
    table = PAGE.partition("| you look for |")[2].partition("\n\n")[0].splitlines()[2:]
    return [(one.split("|")[1].strip(), one) for one in table]


def is_named(noun: str, text: str) -> bool:
    """As a word or the name of a folder, be it one or several."""
    one = noun.replace("_", " ")
    several = f"{one}s|{one}es|{one.removesuffix('y')}ies|{one}ren"
    return re.search(rf"\b(?:{one}|{several})\b", text.lower().replace("_", " ")) is not None


class TestOtherNames:
    def test_are_in_the_order_of_the_alphabet(self) -> None:
        words = [word.lower() for word, _ in rows()]
        assert words == sorted(words)
        assert len(set(words)) == len(words)

    @pytest.mark.parametrize("noun", LOOKED_FOR)
    def test_lead_to_what_newcomers_looked_for(self, noun: str) -> None:
        assert any(is_named(noun, word) and LOOKED_FOR[noun] in row for word, row in rows())

    @pytest.mark.parametrize("kind", sorted({*PATHS, *WITHIN_OTHERS}))
    def test_or_folders_name_each_kind_that_an_answer_points_at(self, kind: str) -> None:
        folders = " ".join(_row(area) for area in AREAS)
        assert is_named(kind, folders) or any(is_named(kind, row) for _, row in rows())

    def test_are_found_as_words_only(self) -> None:
        assert is_named("review_note", "| Review note |")
        assert is_named("child", "`children`")
        assert is_named("agency", "`agencies`")
        assert not is_named("comment", "commentary")


@pytest.mark.parametrize("noun", FIRST_GUESSES)
def test_a_noun_is_where_somebody_new_looks_for_it(noun: str) -> None:
    """In one area of the domain, in a folder of its own."""
    found = [area for area in AREAS if FIRST_GUESSES[noun] in nouns_of(area)]
    assert len(found) == 1
