"""What `permissions` of a concern promise is what its doors let in, and the other way round."""

from typing import Any

from app.core.words import Role
from tests.api.record.test_concern_questions import opened
from tests.api.record.test_concerns import a_triage, step, triaged
from tests.world import School

ABOUT = {"adult": {"name": "Mr Zed"}, "reason": "He works here."}


def code(answer: Any) -> tuple[int, Any]:
    """Status and code of an answer."""
    return answer.status_code, answer.json().get("code")


class TestWhileASignatureIsPending:
    async def test_nobody_moves_it(self, school: School) -> None:
        concern = await triaged(school)
        await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        moving = await step(school.lead, concern, "move", ABOUT)
        assert code(moving) == (409, "signature_pending")
        body = a_triage(school[Role.DSL].id, primary_category="allegation_harm_threshold")
        found = await step(school.lead, concern, "triage", body)
        assert code(found) == (409, "signature_pending")
        record = await opened(school.lead, concern)
        assert record["pending"]["kind"] == "withdrawal"
        assert "move_concern" not in record["permissions"]

    async def test_what_an_adult_is_said_to_do_goes_to_the_register_alone(
        self, school: School
    ) -> None:
        concern = await triaged(school)
        await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        added = {
            "kind": "addition", "text": "Mr Zed did it.", "reason": "Asked again.",
            "categories": ["allegation_harm_threshold"],
        }  # fmt: skip
        answer = await school.lead.post(f"/v1/concerns/{concern}/amendments", added)
        assert answer.status_code == 201, answer.text
        record = await opened(school.lead, concern)
        assert (record["state"], record["pending"]["kind"]) == ("triaged", "withdrawal")
