"""Support for a friend who told: an entry of their own, in nobody else's file."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import a_body
from tests.world import School, World


def value(content: Any) -> dict[str, Any]:
    """An answer."""
    return {"value": content}


async def two(school: School) -> tuple[UUID, UUID]:
    """A friend who told, and the child they told about."""
    born = date(2011, 1, 1) + timedelta(days=new_id().int % 900)
    friend = await school.child("Ash", "Fenwick", date_of_birth=born)
    other = await school.child("Bryn", "Holloway", date_of_birth=born + timedelta(days=1))
    return friend, other


async def tell(school: School, friend: UUID, other: UUID, words: str) -> tuple[str, str]:
    """The concern about the other child, and the friend's own support."""
    account = [{"kind": "told_by", "text": f"She hurts herself {words}", "told_by": "a friend"}]
    body = a_body(other, source="peer_disclosure", account=account, self_harm={"kind": "self_harm"})
    raised = await school.staff.post("/v1/concerns", body)
    assert raised.status_code == 201, raised.text
    support = {"what_they_carry": value(f"Has kept it for weeks {words[::-1]}")}
    begun = await school.staff.post(f"/v1/children/{friend}/friend-support", support)
    assert begun.status_code == 201, begun.text
    return raised.json()["id"], begun.json()["id"]


async def file_of(world: World, school: School, child: UUID) -> str:
    """Everything that the lead is shown of a child, and what of it can leave the school."""
    base = f"/v1/children/{child}"
    paths = (
        base, f"{base}/chronology", f"{base}/records",
        f"{base}/reintegrations", f"/v1/tasks?child_id={child}", f"/v1/concerns?child_id={child}",
    )  # fmt: skip
    shown = ""
    for path in paths:
        answer = await school.lead.get(path)
        assert answer.status_code == 200, answer.text
        shown += answer.text
        for one in answer.json().get("items", []):
            if path.startswith("/v1/concerns"):
                shown += (await school.lead.get(f"/v1/concerns/{one['id']}")).text
            if path.startswith("/v1/tasks"):
                shown += (await school.lead.get(f"/v1/tasks/{one['id']}")).text
    rows = world.sql(
        "select coalesce(string_agg(r::text, ''), '') from safety_record r"
        " where school_id = %s and child_id = %s",
        school.id, child,
    )  # fmt: skip
    return shown + str(rows[0][0])


class TestFriendSupport:
    async def test_anybody_who_was_told_may_begin_it_and_a_lead_sees_to_it(
        self, world: World, school: School
    ) -> None:
        friend, _ = await two(school)
        path = f"/v1/children/{friend}/friend-support"
        assert (await school.staff.post(path, {})).status_code == 201
        records = f"/v1/children/{friend}/records"
        assert (await school.staff.get(records)).status_code == 403
        (found,) = (await school.lead.get(records)).json()["items"]
        assert found["kind"] == "friend_support"
        assert found["by"]["id"] == str(school[Role.STAFF].id)
        rows = world.sql("select kind, owner_id, due_rule from task where child_id = %s", friend)
        assert rows == [("friend_support", school[Role.DSL].id, "sh.friend_support")]

    async def test_is_not_for_who_is_close_to_the_friend(self, school: School) -> None:
        friend, _ = await two(school)
        said = {"child_id": str(friend), "reason": "My son."}
        assert (await school.staff.post("/v1/conflicts", said)).status_code == 201
        answer = await school.staff.post(f"/v1/children/{friend}/friend-support", {})
        assert (answer.status_code, answer.json()["code"]) == (403, "conflict_of_interest")

    async def test_has_no_place_for_the_other_child(self, school: School) -> None:
        friend, other = await two(school)
        for name in ("child_id", "about_child_id", "concern_id"):
            answer = await school.staff.post(
                f"/v1/children/{friend}/friend-support", {name: str(other)}
            )
            assert answer.status_code == 422

    async def test_is_told_to_nobody_at_home(self, world: World, school: School) -> None:
        friend, other = await two(school)
        await tell(school, friend, other, "Quillwort")
        shares = world.sql("select count(*) from share where school_id = %s", school.id)
        assert shares == [(0,)]


WORDS = st.text(st.characters(min_codepoint=0x61, max_codepoint=0x7A), min_size=12, max_size=16)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(words=WORDS)
async def test_neither_file_holds_a_word_or_an_id_of_the_other(world: World, words: str) -> None:
    school = await world.a_school([Role.STAFF, Role.DSL, Role.DEPUTY_DSL])
    friend, other = await two(school)
    concern, support = await tell(school, friend, other, words)
    of_friend = await file_of(world, school, friend)
    of_other = await file_of(world, school, other)
    assert words[::-1] in of_friend
    assert words in of_other
    for alien in (str(other), concern, "Bryn", "Holloway", f"herself {words}"):
        assert alien not in of_friend
    for alien in (str(friend), support, "Ash", "Fenwick", "kept it for weeks"):
        assert alien not in of_other
