"""Two contacts of a child who are one person: merged, and taken apart exactly."""

from typing import Any

import pytest

from app.core.words import Role
from tests.around_children import created, verbs
from tests.world import Api, School, World

Record = dict[str, Any]
ORDER = {"kind": "non_molestation", "summary": "Stays away.", "forbids_telling": True}
COMPARED = "to_jsonb(c) - '{version,changed_at}'::text[]"


class Family:
    """A child of a school and its contacts."""

    def __init__(self, school: School, child: str) -> None:
        self.school, self.world = school, school.world
        self.child, self.path = child, f"/v1/children/{child}/contacts"

    async def contact(self, **facts: Any) -> Record:
        body = {"kind": "mother", "name": "Jo Marsh", **facts}
        return await created(self.school.lead, self.path, body)

    async def post(self, contact: Record, step: str, body: Record, api: Api | None = None) -> Any:
        version = self.world.version("contact", contact["id"])
        path = f"{self.path}/{contact['id']}/{step}"
        return await (api or self.school.lead).post(path, body, version=version)

    async def merge(self, one: Record, into: Record) -> Record:
        body = {"into": into["id"], "reason": "Same number."}
        answer = await self.post(one, "merge", body)
        assert answer.status_code == 200, answer.text
        merged: Record = answer.json()
        return merged

    async def unmerge(self, one: Record) -> Record:
        answer = await self.post(one, "unmerge", {"reason": "They are sisters."})
        assert answer.status_code == 200, answer.text
        found: Record = answer.json()
        return found

    async def read(self, contact: Record) -> Record:
        listed = (await self.school.lead.get(self.path)).json()["items"]
        return next(one for one in listed if one["id"] == contact["id"])

    def rows(self) -> list[Any]:
        return self.world.sql(
            f"select {COMPARED} from contact c where child_id = %s order by id",  # noqa: S608
            self.child,
        )


@pytest.fixture
async def family(school: School) -> Family:
    return Family(school, str(await school.child()))


class TestMergeContact:
    async def test_fills_gaps_and_keeps_what_was_known(self, family: Family) -> None:
        kept = await family.contact(phone="01632 960001", parental_responsibility="yes")
        one = await family.contact(
            name="Josephine Marsh", phone="01632 960002", email="jo@example.org",
            lives_with="yes", parental_responsibility="no",
        )  # fmt: skip
        merged = await family.merge(one, kept)
        assert merged["merged_into"] == kept["id"]
        assert merged["valid_to"] is not None
        assert "unmerge_contact" in merged["permissions"]
        now = await family.read(kept)
        assert (now["phone"], now["email"]) == ("01632 960001", "jo@example.org")
        assert (now["lives_with"], now["parental_responsibility"]) == ("yes", "yes")
        assert now["valid_to"] is None

    @pytest.mark.parametrize("kept_is_barred", [True, False])
    async def test_never_loses_a_bar(self, family: Family, kept_is_barred: bool) -> None:
        bars = {
            "alleged_source_of_harm": True, "contact_allowed": "no", "court_orders": [ORDER],
            "restriction": "Not at the gate.", "may_be_told": False,
            "may_be_told_reason": "An order was shown.",
        }  # fmt: skip
        plain = {"contact_allowed": "yes"}
        kept = await family.contact(**bars if kept_is_barred else plain)
        one = await family.contact(**plain if kept_is_barred else bars)
        await family.merge(one, kept)
        now = await family.read(kept)
        assert now["alleged_source_of_harm"] is True
        assert now["contact_allowed"] == "no"
        assert len(now["court_orders"]) == 1
        assert now["restriction"] == "Not at the gate."
        assert now["may_be_told"] == {
            "value": False, "derived": False, "reason_code": "set_by_a_person",
            "reason": "An order was shown.",
        }  # fmt: skip

    async def test_gives_nobody_a_yes(self, family: Family) -> None:
        kept = await family.contact()
        one = await family.contact(may_be_told=True, may_be_told_reason="Agreed.")
        await family.merge(one, kept)
        assert (await family.read(kept))["may_be_told"]["value"] is False

    async def test_bars_the_one_as_the_other(self, family: Family) -> None:
        """Also where the one who ended has another name and address, and a yes of their own."""
        kept = await family.contact()
        one = await family.contact(
            name="Sam Hill", phone="01632 960002", may_be_told=True, may_be_told_reason="Agreed."
        )
        await family.merge(one, kept)
        assert (await family.read(one))["may_be_told"]["reason_code"] == "ended"
        version = family.world.version("contact", kept["id"])
        answer = await family.school.lead.patch(
            f"{family.path}/{kept['id']}", {"alleged_source_of_harm": True, "phone": None},
            version=version,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        told = (await family.read(one))["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "restricted_person")

    async def test_is_refused(self, school: School, family: Family) -> None:
        kept, one = await family.contact(), await family.contact()
        elsewhere = Family(school, str(await school.child()))
        stranger = await elsewhere.contact()
        for into in (stranger, one):
            answer = await family.post(one, "merge", {"into": into["id"], "reason": "x"})
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/into")
        body = {"into": kept["id"], "reason": "x"}
        admin = school.api(Role.SCHOOL_ADMIN)
        assert (await family.post(one, "merge", body, admin)).status_code == 403
        await family.merge(one, kept)
        assert (await family.post(one, "merge", body)).json()["code"] == "state_conflict"

    async def test_keeps_the_one_that_the_roster_goes_on_with(
        self, world: World, family: Family
    ) -> None:
        kept, one = await family.contact(), await family.contact()
        world.sql("update contact set source_id = 'm1' where id = %s", one["id"])
        answer = await family.post(one, "merge", {"into": kept["id"], "reason": "x"})
        assert answer.json()["code"] == "roster_goes_on"
        await family.merge(kept, one)

    async def test_is_traced_on_both(self, world: World, family: Family) -> None:
        kept, one = await family.contact(), await family.contact(email="jo@example.org")
        await family.merge(one, kept)
        await family.unmerge(one)
        for contact in (kept, one):
            assert verbs(world, contact["id"]) == [
                "contact.added", "contact.merged", "contact.unmerged",
            ]  # fmt: skip


class TestUnmergeContact:
    @pytest.mark.parametrize("barred", [True, False])
    async def test_restores_exactly(self, family: Family, barred: bool) -> None:
        bars: Record = {"alleged_source_of_harm": True, "court_orders": [ORDER]}
        kept = await family.contact(parental_responsibility="yes")
        one = await family.contact(
            name="Jo Hill", email="jo@example.org", phone="01632 960002", address="1 Canal Row",
            is_parent=True, priority=2, **bars if barred else {},
        )  # fmt: skip
        was = family.rows()
        await family.merge(one, kept)
        assert family.rows() != was
        answer = await family.unmerge(one)
        assert family.rows() == was
        assert (answer["not_restored"], answer["merged_into"]) == ([], None)

    async def test_leaves_what_people_changed_since(self, family: Family) -> None:
        kept = await family.contact()
        one = await family.contact(email="jo@example.org", phone="01632 960002")
        await family.merge(one, kept)
        version = family.world.version("contact", kept["id"])
        changed = await family.school.lead.patch(
            f"{family.path}/{kept['id']}", {"phone": "01632 960003", "name": "Jo Lane"},
            version=version,
        )  # fmt: skip
        assert changed.status_code == 200
        assert (await family.unmerge(one))["not_restored"] == ["phone"]
        now = await family.read(kept)
        assert (now["phone"], now["email"], now["name"]) == ("01632 960003", None, "Jo Lane")

    async def test_takes_back_the_one_that_is_asked_for(self, family: Family) -> None:
        kept = await family.contact()
        one = await family.contact(email="jo@example.org")
        other = await family.contact(phone="01632 960002")
        await family.merge(one, kept)
        await family.merge(other, kept)
        await family.unmerge(one)
        now = await family.read(kept)
        assert (now["email"], now["phone"]) == (None, "01632 960002")

    async def test_needs_a_merge(self, family: Family) -> None:
        one = await family.contact()
        answer = await family.post(one, "unmerge", {"reason": "x"})
        assert answer.json()["code"] == "state_conflict"
