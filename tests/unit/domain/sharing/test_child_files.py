"""What a child's file is made of: of each kind about a child somebody has decided."""

import re
from typing import Any, cast, get_args

import pytest

from app.core.ids import NIL
from app.db.facts import Facts
from app.db.models.base import NO_ID
from app.db.repositories.sharing.child_files import CONTENTS
from app.domain.kinds import KINDS, every_kind
from app.domain.sharing.child_files.queries import Part, Sorted
from app.domain.sharing.packets.queries import TOLD, TOLD_ELSEWHERE, tell_file
from app.domain.sharing.prepared_transfers.schemas import ChosenItemIn
from app.domain.sharing.transfers.rules import Item

IN_FILE = set(re.findall(r"^select '(\w+)'", CONTENTS, re.MULTILINE))
NOT_BY_ITSELF = {
    "amendment": "with its concern",
    "comment": "with its concern",
    "concern_question": "with its concern",
    "child": "the front of the file",
    "contact": "the front of the file",
    "identifier": "the front of the file",
    "safety_plan": "as the records of it",
    "support_plan": "as the records of it",
    "reintegration": "as the records of it",
    "sanction": "as the records of it",
    "check_in": "as the records of it",
}
STAYS = {
    "bereavement_case": "of a death, and of many children",
    "break_glass": "who looked here",
    "reading_notice": "who looked here",
    "concern_case": "how this school works with a family",
    "review": "what this school looks at again",
    "task": "what somebody here has to do",
    "support_list_entry": "who is looked after here",
    "monitoring_alert": "what a tool said; what was taken up is a concern",
    "sharing_exception": "whom this school may tell",
    "file_request": "the way of the file itself",
    "incoming_transfer": "the way of the file itself",
    "transfer": "the way of the file itself",
}


class TestContents:
    def test_has_every_kind_about_a_child_or_says_why_not(self) -> None:
        about = {
            kind.name
            for kind in every_kind()
            for stored in [kind.model.stored()]
            if stored.child != NO_ID or stored.concern != NO_ID
        }
        decided = [IN_FILE, NOT_BY_ITSELF.keys(), STAYS.keys()]
        assert set[str]().union(*decided) == about
        assert sum(map(len, decided)) == len(about)

    def test_are_each_told_to_the_next_school(self) -> None:
        """What travels and is not told would be lost, and nobody would know."""
        assert TOLD.keys() | TOLD_ELSEWHERE == IN_FILE
        assert TOLD.keys().isdisjoint(TOLD_ELSEWHERE)

    async def test_stay_together_where_a_kind_cannot_be_told(self) -> None:
        item = Item("home_visit", NIL, "K3")
        part = Part(item, None, None, None, is_open=False, size=0, why=None, facts=Facts(NIL))
        with pytest.raises(LookupError, match="home_visit"):
            await tell_file(cast(Any, None), NIL, NIL, Sorted([part]), {})

    def test_go_with_a_sealed_concern_only_where_each_is_of_a_concern(self) -> None:
        """They are not chosen themselves, so whoever adds one decides it here."""
        of_concern = {name for name in IN_FILE if KINDS[name].model.hangs_on_concern()}
        assert of_concern == {"action", "attachment"}

    def test_can_each_be_chosen_but_what_goes_with_its_concern(self) -> None:
        chosen = set(get_args(ChosenItemIn.model_fields["kind"].annotation))
        assert chosen == IN_FILE - {"action"}
