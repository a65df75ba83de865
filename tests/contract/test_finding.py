"""The page for people who are new to the tree names every noun, and only paths that there are."""

import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("noun", FIRST_GUESSES)
def test_a_noun_is_where_somebody_new_looks_for_it(noun: str) -> None:
    """In one area of the domain, in a folder of its own."""
    found = [area for area in AREAS if FIRST_GUESSES[noun] in nouns_of(area)]
    assert len(found) == 1
