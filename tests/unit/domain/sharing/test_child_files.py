"""What a child's file is made of: of each kind about a child somebody has decided."""

import re
from typing import get_args

from app.db.models.base import NO_ID
from app.db.repositories.sharing.child_files import CONTENTS
from app.domain.kinds import every_kind
from app.domain.sharing.prepared_transfers.schemas import ChosenItemIn

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

    def test_can_each_be_chosen_but_what_goes_with_its_concern(self) -> None:
        chosen = set(get_args(ChosenItemIn.model_fields["kind"].annotation))
        assert chosen == IN_FILE - {"action"}
