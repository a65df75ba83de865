"""Records of keeping a pupil safe: who writes them, how they are listed and amended."""

import pytest

from app.core.words import Role
from tests.api.safety.test_reintegrations import value
from tests.api.safety.test_safety_checks import keep
from tests.world import School


class TestFoundItemsAndTalks:
    async def test_keeps_an_item_without_a_sanction(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/records"
        body = {
            "kind": "found_item",
            "what": "A small object",
            "given_to": value("Nurse"),
            "secured": value("yes"),
        }
        made = await school.lead.post(path, body)
        assert made.status_code == 201, made.text
        assert (await school.lead.post(path, body | {"sanction": "x"})).status_code == 422
        (found,) = (await school.lead.get(path)).json()["items"]
        assert found["content"]["given_to"]["value"] == "Nurse"

    async def test_keeps_a_talk_with_carers(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/records"
        body = {
            "kind": "home_safety_talk",
            "spoken_with": value(["Mum"]),
            "agreed": value("A locked box."),
        }
        assert (await school.lead.post(path, body)).status_code == 201
        (found,) = (await school.lead.get(path)).json()["items"]
        assert found["content"]["agreed"]["value"] == "A locked box."
        assert (await school.staff.get(path)).status_code == 403


class TestRecords:
    @pytest.mark.parametrize("kind", ["safety_check", "found_item", "home_safety_talk"])
    @pytest.mark.parametrize("role", [Role.STAFF, Role.PASTORAL, Role.HEADTEACHER])
    async def test_are_written_by_leads(self, school: School, kind: str, role: Role) -> None:
        child, body = await school.child(), {"kind": kind, "what": "A small object"}
        path = f"/v1/children/{child}/records"
        if kind != "found_item":
            del body["what"]
        assert (await school.api(role).post(path, body)).status_code == 403
        assert (await school.lead.post(path, body)).status_code == 201

    async def test_of_all_kinds_are_listed_together_or_by_kind(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/records"
        for body in ({"kind": "safety_check"}, {"kind": "found_item", "what": "A small object"}):
            assert (await school.lead.post(path, body)).status_code == 201
        shown = (await school.lead.get(path)).json()["items"]
        assert [one["kind"] for one in shown] == ["found_item", "safety_check"]
        (found,) = (await school.lead.get(f"{path}?kind=found_item")).json()["items"]
        assert found == shown[0]
        assert (await school.lead.get(f"{path}/{found['id']}")).json() == found

    async def test_of_another_kind_are_not_amended_as_one(self, school: School) -> None:
        child = await school.child()
        kept = await keep(school.lead, child)
        path = f"/v1/children/{child}/records/{kept['id']}/amend"
        answer = await school.lead.post(path, {"kind": "support_note", "reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "safety_record_not_found")
        unknown = await school.lead.post(path, {"kind": "found_item", "reason": "x"})
        assert unknown.status_code == 422
