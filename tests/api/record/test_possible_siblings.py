"""Brothers and sisters proposed from shared contacts and homes, and said by a person."""

from typing import Any

import pytest

from app.core.words import Role
from tests.around_children import created, verbs
from tests.world import School, World

Record = dict[str, Any]
HOME = "12 Canal Row, Oakford OX9 9XX"


class Two:
    """Two children of one school."""

    def __init__(self, school: School, one: str, other: str) -> None:
        self.school, self.one, self.other = school, one, other

    async def contact(self, child: str, **facts: Any) -> Record:
        body = {"kind": "mother", "name": "Jo Marsh", **facts}
        return await created(self.school.lead, f"/v1/children/{child}/contacts", body)

    async def proposed(self, role: Role = Role.DSL) -> list[Record]:
        answer = await self.school.api(role).get(f"/v1/children/{self.one}/possible-siblings")
        assert answer.status_code == 200, answer.text
        found: list[Record] = answer.json()["items"]
        return found

    async def dismiss(self, other: str | None = None) -> Any:
        path = f"/v1/children/{self.one}/possible-siblings/{other or self.other}/dismiss"
        return await self.school.lead.post(path)


@pytest.fixture
async def two(school: School) -> Two:
    return Two(school, str(await school.child()), str(await school.child("Bea", "Marsh")))


class TestOpenPossibleSiblings:
    @pytest.mark.parametrize(
        ("by", "here", "there"),
        [
            ("email", "Jo.Marsh+school@example.org", "jo.marsh@EXAMPLE.org"),
            ("phone", "01632 960111", "+44 1632 960111"),
            ("address", HOME, "12, Canal Row; OAKFORD ox9 9xx"),
        ],
    )
    async def test_proposes_who_shares_a_contact(
        self, two: Two, by: str, here: str, there: str
    ) -> None:
        own = await two.contact(two.one, **{by: here})
        its = await two.contact(two.other, **{by: there}, kind="father", name="Sam")
        (found,) = await two.proposed()
        assert found["child"]["id"] == two.other
        assert found["child"]["name"] == "Bea Marsh"
        assert found["shared"] == [
            {"by": by, "contact_id": own["id"], "other_contact_id": its["id"]}
        ]
        assert found["same_household"] is (by == "address")

    async def test_proposes_who_lives_where_the_child_lives(self, world: World, two: Two) -> None:
        world.sql("update child set address = %s where id = any(%s)", HOME, [two.one, two.other])
        (found,) = await two.proposed()
        assert found["shared"] == [{"by": "address", "contact_id": None, "other_contact_id": None}]
        assert found["same_household"]

    @pytest.mark.parametrize(
        "facts",
        [
            {"email": "jo@elsewhere.example"},
            {"phone": "01632 960112"},
            {"kind": "social_worker", "phone": "01632 960111"},
            {"address": HOME, "lives_with": "no"},
        ],
    )
    async def test_proposes_nobody_else(self, two: Two, facts: Record) -> None:
        await two.contact(two.one, email="jo@example.org", phone="01632 960111", address=HOME)
        await two.contact(two.other, **facts)
        assert await two.proposed() == []

    async def test_takes_no_contact_who_has_ended(self, two: Two) -> None:
        await two.contact(two.one, phone="01632 960111")
        its = await two.contact(two.other, phone="01632 960111")
        path = f"/v1/children/{two.other}/contacts/{its['id']}/end"
        assert (await two.school.lead.post(path, version=1)).status_code == 200
        assert await two.proposed() == []

    async def test_proposes_nobody_who_is_connected(self, two: Two) -> None:
        for child in (two.one, two.other):
            await two.contact(child, phone="01632 960111")
        assert len(await two.proposed()) == 1
        await created(
            two.school.lead, f"/v1/children/{two.other}/relationships",
            {"other_child_id": two.one, "kind": "half_sibling"},
        )  # fmt: skip
        assert await two.proposed() == []

    async def test_connects_nobody_by_itself(self, world: World, two: Two) -> None:
        for child in (two.one, two.other):
            await two.contact(child, phone="01632 960111")
        await two.proposed()
        assert world.sql("select count(*) from relationship where child_id = %s", two.one) == [(0,)]
        assert "child.opened" in verbs(world, two.one)

    async def test_hides_a_child_whose_relative_reads(self, world: World, two: Two) -> None:
        for child in (two.one, two.other):
            await two.contact(child, phone="01632 960111")
        answer = await two.school.lead.post(
            "/v1/conflicts", {"child_id": two.other, "reason": "My daughter."}
        )
        assert answer.status_code == 201, answer.text
        assert await two.proposed() == []
        assert len(await two.proposed(Role.DEPUTY_DSL)) == 1


class TestDismissPossibleSibling:
    async def test_is_not_proposed_again(self, world: World, two: Two) -> None:
        for child in (two.one, two.other):
            await two.contact(child, phone="01632 960111")
        answer = await two.dismiss()
        assert answer.status_code == 201, answer.text
        assert (answer.json()["confirmed_at"], answer.json()["source"]) == (None, "shared_contacts")
        assert answer.json()["valid_to"] is not None
        assert verbs(world, answer.json()["id"]) == ["relationship.ended"]
        assert await two.proposed() == []

    async def test_is_refused_for_siblings(self, two: Two) -> None:
        await created(
            two.school.lead, f"/v1/children/{two.one}/relationships",
            {"other_child_id": two.other, "kind": "twin"},
        )  # fmt: skip
        assert (await two.dismiss()).json()["code"] == "relationship_exists"

    async def test_needs_another_child(self, two: Two) -> None:
        assert (await two.dismiss(two.one)).status_code == 404
