"""Where records are: every path that an answer points at is an operation that opens one."""

import json
import re
from pathlib import Path

import pytest

from app.core.pointers import PATHS, WITHIN_OTHERS
from app.domain import kinds, nouns

DOCUMENT = json.loads(Path("openapi/cairn.json").read_text("utf-8"))
OPENED = {
    re.sub(r"{\w+}", "{id}", path) for path, item in DOCUMENT["paths"].items() if "get" in item
}

NO_KIND = {
    "access_grant": "its own person and those who grant: it gives sight, and is seen by no chain",
    "agency": "no record about anybody: read by permission",
    "alert": "one person's inbox, as strict as what it is about",
    "authority_contacts": "no record about anybody: read by permission",
    "calendar": "of the school: read by permission",
    "cover": "of members of staff: read by permission",
    "enrolment": "opened with the child: a fact of the roll",
    "identity_provider": "of the school: read by permission",
    "intake_source": "a program: read by permission",
    "linked_concern": "read by who reads each of its concerns; a chain decides for one concern",
    "membership": "of a member of staff: read by permission",
    "relationship": "part of two records: access/relationship_access has its rule, for every door",
    "review_note": "opened with the review",
    "role": "of the school: read by permission",
    "school": "read by permission",
    "scim_group": "of a directory: read by permission",
    "service_key": "a program: read by permission",
    "staff": "read by permission",
    "support_service": "no record about anybody: read by permission",
}
"""What an answer points at and no chain of a kind opens, and what decides instead."""


class TestPaths:
    def test_are_of_kinds_or_say_what_decides_instead(self) -> None:
        """Supervision sessions are pointed at by nothing: APART of tests/property/test_faces.py."""
        opened = {*PATHS, *WITHIN_OTHERS} - {one.name for one in nouns.OTHERS}
        assert opened - kinds.registry().keys() == NO_KIND.keys()

    @pytest.mark.parametrize("kind", sorted(PATHS))
    def test_opens_one(self, kind: str) -> None:
        assert f"{PATHS[kind]}/{{id}}" in OPENED

    def test_everything_that_has_an_owner_is_somewhere(self) -> None:
        assert {one.name for one in kinds.owned_kinds()} <= set(PATHS)
