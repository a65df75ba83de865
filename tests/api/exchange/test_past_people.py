"""Contacts and staff of the former system: what it said, and whose name is whose account."""

from typing import Any

import pytest

from app.core.words import Role
from app.domain.exchange.past_imports import rules
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


def contact(source_id: str, name: str, kind: str = "mother", **cells: str) -> dict[str, str]:
    one = {"source_id": source_id, "children": f"upn:{upn(1)}", "name": name, "kind": kind}
    usual = dict.fromkeys(("phone", "email", "address", "may_be_told", "contact_allowed",
                           "court_orders", "parental_responsibility", "valid_to"), "")  # fmt: skip
    return one | usual | cells


class TestContactsOfToday:
    async def listed(self, past: Past, child: object) -> dict[str, Any]:
        path = f"/v1/children/{child}/contacts"
        return {one["name"]: one for one in (await past.lead.get(path)).json()["items"]}

    async def test_are_told_nothing_and_go_with_the_import(self, past: Past) -> None:
        child = await past.child(1)
        content = csv_of(
            contact("1", "Jo Marsh", phone="01632 960001", parental_responsibility="yes",
                    may_be_told="yes", contact_allowed="yes"),
            contact("2", "Al Marsh", "father", phone="01632 960001"),
        )  # fmt: skip
        found = await past.bring(content, "contact")
        known = await self.listed(past, child)
        assert set(known) == {"Jo Marsh", "Al Marsh"}
        for one in known.values():
            assert (one["phone"], one["parental_responsibility"]) == ("01632 960001", "unknown")
            assert one["may_be_told"] == {
                "value": False, "derived": True, "reason_code": "unknown", "reason": None,
            }  # fmt: skip
        assert fates(await past.planned(content, "contact")) == {"unchanged": 2}
        assert (await past.undo(found["id"]))["counts"]["kept"] == 0
        assert await self.listed(past, child) == {}
        await past.bring(content, "contact")
        again = await self.listed(past, child)
        assert {one["id"] for one in again.values()} == {one["id"] for one in known.values()}

    async def test_somebody_has_changed_stay(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.bring(csv_of(contact("1", "Jo Marsh")), "contact")
        (one,) = (await self.listed(past, child)).values()
        path = f"/v1/children/{child}/contacts/{one['id']}"
        changed = await past.lead.patch(path, {"phone": "01632 960002"}, version=1)
        assert changed.status_code == 200, changed.text
        assert (await past.undo(found["id"]))["counts"]["kept"] == 1
        assert set(await self.listed(past, child)) == {"Jo Marsh"}

    async def test_are_none_where_somebody_is_barred_known_or_decided(self, past: Past) -> None:
        """A barred person comes back under no other name, address or number."""
        child = await past.child(1)
        for body in (
            {"kind": "father", "name": "Lee Hill", "phone": "01632 960009",
             "email": "lee@hill.test", "alleged_source_of_harm": True},
            {"kind": "mother", "name": "Jo Marsh", "parental_responsibility": "yes"},
        ):  # fmt: skip
            added = await past.lead.post(f"/v1/children/{child}/contacts", body)
            assert added.status_code == 201, added.text
        before = past.sql("select to_jsonb(c) from contact c where child_id = %s", child)
        content = csv_of(
            contact("1", "Hill, Lee", "other"), contact("2", "A. Friend", phone="01632960009"),
            contact("3", "B. Friend", email="LEE@hill.test"), contact("4", "jo marsh"),
            contact("5", "Di Marsh", may_be_told="no"), contact("6", "Ed Marsh", "Mum"),
            contact("7", "Flo Marsh", court_orders="Not to come near."),
            contact("8", "Gil Marsh", valid_to="2019-01-01"),
        )  # fmt: skip
        found = await past.bring(content, "contact")
        assert codes(found) == {"contact_kept_as_entry": 8}
        after = past.sql("select to_jsonb(c) from contact c where child_id = %s", child)
        assert sorted(map(str, after)) == sorted(map(str, before))
        assert len(past.entries()) == 8

    @pytest.mark.parametrize("field", ["contact_allowed", "may_be_told"])
    async def test_are_none_where_the_other_system_may_have_barred_them(
        self, past: Past, field: str
    ) -> None:
        """Any word that does not plainly bar nobody is for a person to read."""
        child = await past.child(1)
        words = ("no", "False", "No contact", "N", "0", "Not allowed", "supervised only", "none")
        rows = [
            contact(str(number), f"Barred {number}", **{field: word})
            for number, word in enumerate(words)
        ]
        plain = [contact(word, word, **{field: word}) for word in ("Yes", "TRUE", "Unknown")]
        found = await past.bring(csv_of(*rows, *plain), "contact")
        assert set(await self.listed(past, child)) == {"Yes", "TRUE", "Unknown"}
        assert codes(found) == {"contact_kept_as_entry": len(words)}

    @pytest.mark.parametrize("column", ["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    async def test_are_none_where_they_were_struck_out_there(self, past: Past, column: str) -> None:
        child = await past.child(1)
        struck = contact("1", "Jo Marsh") | {column: "2019-05-01"}
        found = await past.bring(csv_of(struck, contact("2", "Al Marsh")), "contact")
        assert codes(found) == {"contact_kept_as_entry": 1}
        assert set(await self.listed(past, child)) == {"Al Marsh"}

    async def test_are_none_of_a_file_that_does_not_say_who_is_barred(self, past: Past) -> None:
        await past.child(1)
        silent = contact("1", "Jo Marsh")
        del silent["contact_allowed"]
        found = await past.planned(csv_of(silent), "contact")
        assert (found["state"], found["fault"]["code"]) == ("refused", "column_missing")
        listed = (await past.admin.get(f"/v1/imports/{found['id']}/problems")).json()["items"]
        assert [one["column"] for one in listed] == ["contact_allowed"]

    async def test_are_none_where_another_row_of_the_file_bars_them(self, past: Past) -> None:
        """Whichever stands first, and under whatever name."""
        child, other = await past.child(1), await past.child(2)
        found = await past.bring(csv_of(
            contact("1", "Patricia M", email="pat@home.test"),
            contact("2", "Pat Marsh", email="pat@home.test", phone="01632 960001",
                    contact_allowed="no"),
            contact("3", "P. Marsh", phone="01632960001"), contact("4", "Jo Marsh"),
            contact("5", "Pat Marsh") | {"children": f"upn:{upn(2)}"},
        ), "contact")  # fmt: skip
        assert codes(found) == {"contact_kept_as_entry": 3}
        assert set(await self.listed(past, child)) == {"Jo Marsh"}
        assert set(await self.listed(past, other)) == {"Pat Marsh"}, "barred from one child"

    async def test_are_none_where_a_row_further_on_bars_them(
        self, past: Past, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "PORTION", 1)
        child = await past.child(1)
        await past.bring(csv_of(
            contact("1", "Patricia M", email="pat@home.test"),
            contact("2", "Pat Marsh", email="pat@home.test", contact_allowed="no"),
        ), "contact")  # fmt: skip
        assert await self.listed(past, child) == {}

    async def test_are_none_where_an_earlier_import_barred_them(self, past: Past) -> None:
        child = await past.child(1)
        await past.bring(csv_of(
            contact("1", "Pat Marsh", may_be_told="no"),
            contact("2", "Lee Hill", email="lee@hill.test", court_orders="Not to come near."),
        ), "contact")  # fmt: skip
        bare = ("source_id", "children", "name", "kind", "email", "contact_allowed")
        later = [
            {name: one[name] for name in bare}
            for one in (contact("8", "PAT MARSH"), contact("9", "A. Friend", email="lee@hill.test"),
                        contact("10", "Jo Marsh"))
        ]  # fmt: skip
        found = await past.bring(csv_of(*later), "contact", source="sims:hilltop")
        assert codes(found) == {"contact_kept_as_entry": 2}
        assert set(await self.listed(past, child)) == {"Jo Marsh"}

    async def test_find_a_conflict_that_a_second_person_confirms(self, past: Past) -> None:
        await past.child(1)
        deputy = past.school[Role.DEPUTY_DSL]
        await past.bring(csv_of(contact("1", deputy.name, email=deputy.email)), "contact")
        found = past.sql("select state from conflict where staff_id = %s", deputy.id)
        assert found == [("suggested",)]


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
