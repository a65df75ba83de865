"""Contacts and staff of the former system: what it said, and whose name is whose account."""

import pytest

from app.core.words import Role
from tests.past import Past, codes, csv_of, fates, row, upn
from tests.world import World


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


class TestContacts:
    async def test_are_kept_as_they_were_and_change_no_contact(self, past: Past) -> None:
        child = await past.child(1)
        body = {"kind": "mother", "name": "Jo Marsh", "phone": "01632 960001",
                "may_be_told": False, "may_be_told_reason": "She hurt him."}  # fmt: skip
        added = await past.lead.post(f"/v1/children/{child}/contacts", body)
        assert added.status_code == 201, added.text
        before = past.sql("select to_jsonb(c) from contact c where child_id = %s", child)
        content = csv_of(
            {"source_id": "1", "children": f"upn:{upn(1)}", "name": "Jo Marsh", "kind": "mother",
             "phone": "01632 960999", "may_be_told": "yes", "contact_allowed": "yes"}
        )  # fmt: skip
        found = await past.bring(content, "contact")
        assert (found["state"], fates(found)) == ("applied", {"new": 1})
        assert past.sql("select to_jsonb(c) from contact c where child_id = %s", child) == before
        (card,) = (await past.lead.get("/v1/past-entries?kind=contact")).json()["items"]
        entry = (await past.lead.get(f"/v1/past-entries/{card['id']}")).json()
        assert entry["text"] == "Jo Marsh"
        assert entry["details"]["may_be_told"] == "yes"
        shown = (await past.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert shown == [], "a contact is no event"
        assert (await past.undo(found["id"]))["counts"]["kept"] == 0
        assert past.entries() == []


class TestStaff:
    async def test_link_a_name_to_an_account_and_give_nothing(self, past: Past) -> None:
        await past.child(1)
        teacher = past.school[Role.STAFF]
        (email,) = past.sql("select email from staff where id = %s", teacher.id)[0]
        people = [
            {"source_id": "a", "name": "Mrs J Bell", "staff_code": "JBE", "email": email.upper()},
            {"source_id": "b", "name": "Mr Lee", "staff_code": "LEE", "email": "lee@away.test"},
        ]
        before = past.sql("select count(*) from staff where school_id = %s", past.school.id)
        found = await past.bring(csv_of(*people), "staff")
        assert (fates(found), codes(found)) == ({"new": 2}, {"author_unmatched": 1})
        assert past.entries() == []
        assert past.sql(
            "select count(*) from staff where school_id = %s", past.school.id
        ) == before  # fmt: skip
        rows = [row("1", f"upn:{upn(1)}"), row("2", f"upn:{upn(1)}", author="JBE"),
                row("3", f"upn:{upn(1)}", author="Mr Lee")]  # fmt: skip
        await past.bring(csv_of(*rows))
        accounts = {}
        for id_, _, source_id, _ in past.entries():
            entry = (await past.lead.get(f"/v1/past-entries/{id_}")).json()
            accounts[source_id] = entry["author_account"] and entry["author_account"]["id"]
        assert accounts == {"1": str(teacher.id), "2": str(teacher.id), "3": None}
        assert (await past.school.staff.get("/v1/past-entries")).status_code == 403
        assert fates(await past.planned(csv_of(*people), "staff")) == {"unchanged": 2}
        await past.undo(found["id"])
        entry = (await past.lead.get(f"/v1/past-entries/{past.entries()[0][0]}")).json()
        assert entry["author_account"] is None
