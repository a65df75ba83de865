"""E8: a pupil who is afraid of what the father does if he hears; an earlier note says that he hits.

Social care is asked first; nobody at home is told anything, by nobody and by nothing.
"""

from datetime import datetime, timedelta
from typing import Any

from app.core.words import Role
from tests.api.records import a_share
from tests.stories.telling import Story, where

HITS = "He said that his dad hits him when he is angry."
AFRAID = "Dad would kill me if he knew. Please do not tell anyone."
FATHER, MOTHER = "lee.quill@home.example", "kim.quill@home.example"
NAMES = ("Jonty", "Quill", "Lee", "Kim")
OUTSIDE = (
    "share", "recipient_link", "document", "document_job", "referral", "transfer",
)  # fmt: skip
"""Where something would stand that goes to somebody outside, or waits for them."""


def value(content: Any) -> dict[str, Any]:
    """An answer."""
    return {"value": content}


class Home:
    """A pupil with both parents, an earlier note, and what he says now."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.asked: dict[str, Any] = {}
        """What is to be asked of social care."""

    async def begins(self) -> None:
        """The first day: the pupil at home with both, and somebody writes that the father hits."""
        story = self.story
        born = story.moment(1, "12:00").date() - timedelta(days=14 * 366)
        self.child = await story.school.child("Jonty", "Quill", date_of_birth=born)
        self.father = await self._parent("father", "Lee Quill", FATHER)
        self.mother = await self._parent("mother", "Kim Quill", MOTHER)
        await story.day(1, "11:00")
        self.earlier = (
            await story.says(
                Role.PASTORAL, self.child, HITS, source="child_disclosure",
                alleged_source_of_harm="parent_carer", categories=["physical_abuse"],
            )
        )["id"]  # fmt: skip
        await story.reads(Role.DSL, self.earlier, until=(20, "12:00"))

    async def _parent(self, kind: str, name: str, email: str) -> str:
        body = {
            "kind": kind, "name": name, "email": email, "parental_responsibility": "yes",
            "lives_with": "yes",
        }  # fmt: skip
        made = await self.story.does(Role.DSL, f"/v1/children/{self.child}/contacts", body)
        return str(made["id"])

    async def is_afraid(self) -> None:
        """What he says a fortnight later, without a word from whoever writes of where harm is."""
        self.concern = (
            await self.story.says(
                Role.STAFF, self.child, AFRAID, source="child_disclosure",
                self_harm={"kind": "thoughts_of_self_harm"},
            )
        )["id"]  # fmt: skip

    async def is_checked(self) -> str:
        """The lead speaks with him and writes down who must not know."""
        body = {
            "kind": "safety_check",
            "concern_id": self.concern,
            "who_must_not_know": value(
                [{"who": "Dad", "reason": "He gets angry.", "contact_id": self.father}]
            ),
        }
        path = f"/v1/children/{self.child}/records"
        return str((await self.story.does(Role.DSL, path, body))["id"])

    async def options(self) -> dict[str, Any]:
        """What the lead is shown before anybody is told."""
        path = f"/v1/concerns/{self.concern}/parents-options"
        found: dict[str, Any] = await self.story.read(Role.DSL, path)
        return found

    async def decides(self) -> dict[str, Any]:
        """The lead decides that he is not told, and why."""
        body = {
            "outcome": "not_told", "reason": "He is afraid of his father, who is said to hit.",
            "rows": ["row_6", "row_12"], "source_of_harm": [self.father],
            "promise_words": value("I told him who has to know, and promised nothing."),
        }  # fmt: skip
        return await self.story.step(Role.DSL, self.concern, "decide-on-parents", body)

    async def message(self, role: Role, contact: str) -> Any:
        """Somebody tries to tell a parent."""
        body = a_share(self.child, {"via": "contact", "contact_id": contact}, self.earlier)
        return await self.story.api(role).post("/v1/shares", body)


def whys(found: dict[str, Any]) -> dict[str, set[str]]:
    """Which facts speak for each row that is suggested, in order."""
    return {one["row"]: {why["fact"] for why in one["facts"]} for one in found["suggestions"]}


def sent_out(story: Story) -> dict[str, int]:
    """What there is in the school that goes to somebody outside."""
    counts = {}
    for name in OUTSIDE:
        statement = f"select count(*) from {name} where school_id = %s"  # noqa: S608
        ((counts[name],),) = story.world.sql(statement, story.school.id)
    return {name: count for name, count in counts.items() if count}


class TestE08:
    async def test_e08_social_care_comes_first_and_nobody_at_home_is_told(
        self, story: Story
    ) -> None:
        home = Home(story)
        await home.begins()
        await story.day(15, "10:30")
        await home.is_afraid()
        assert {"task:sh_check", "task:sh_parents"} <= story.surfaced(Role.DSL, home.child)
        before = await home.options()
        assert next(iter(whys(before))) == "row_6"
        assert whys(before)["row_6"] == {"told_before"}
        (why,) = before["suggestions"][0]["facts"]
        assert why["concern_id"] == home.earlier

        await story.day(15, "10:50")
        check = await home.is_checked()
        found = await home.options()
        assert next(iter(whys(found))) == "row_6"
        assert whys(found)["row_12"] == {"must_not_know"}
        assert found["facts"]["latest_check_id"] == check
        assert "social care" in found["suggestions"][0]["suggestion"]
        contacts = {one["id"]: one for one in found["contacts"]}
        assert contacts[home.father]["not_offered_reason_codes"] == ["pupil_said_not", "home_first"]
        assert contacts[home.mother]["not_offered_reason_codes"] == ["home_first"]
        assert not any(one["offered"] for one in contacts.values())

        await home.decides()
        await self._is_due_today(story, home)
        await self._is_blocked(story, home)
        await story.day(16, "09:00")
        await self._rang(story, home)
        await self._nothing_left(story, home)
        assert await story.whole()

    async def _is_due_today(self, story: Story, home: Home) -> None:
        (task,) = [
            one for one in await story.tasks(Role.DSL, home.child)
            if one["kind"] == "sh_social_care"
        ]  # fmt: skip
        due = datetime.fromisoformat(task["due_at"])
        assert story.moment(15, "10:50") < due <= story.moment(16, "00:00")
        assert task["urgent"] is True
        home.asked = task

    async def _is_blocked(self, story: Story, home: Home) -> None:
        read = await story.read(Role.DSL, f"/v1/children/{home.child}/contacts")
        contacts = read["items"]
        father = next(one for one in contacts if one["id"] == home.father)
        assert father["may_be_told"]["value"] is False
        for role in story.school.people:
            refused = await home.message(role, home.father)
            assert refused.status_code == 403, role
            if role in (Role.DSL, Role.DEPUTY_DSL):
                assert refused.json()["code"] == "telling_blocked"

    async def _rang(self, story: Story, home: Home) -> None:
        """Nobody wrote down that social care was asked: it rang with its owner when it was due."""
        (first, *_) = story.rung(home.asked["id"])
        due = datetime.fromisoformat(home.asked["due_at"])
        assert (first[0] - due, first[2]) == (timedelta(), {Role.DSL})
        note = {"note": "Spoke with the duty social worker, who sees him at school today."}
        await story.on(Role.DSL, f"/v1/tasks/{home.asked['id']}", "complete", note)
        assert "sh_social_care" not in await story.task_kinds(Role.DSL, home.child)

    async def _nothing_left(self, story: Story, home: Home) -> None:
        assert sent_out(story) == {}
        staff = {one.email for one in story.school.people.values()}
        mails = story.sink.delivered
        assert mails
        assert {str(one["To"]) for one in mails} <= staff
        texts = {str(n): f"{one.items()} {one.get_content()}" for n, one in enumerate(mails)}
        assert where(texts, *NAMES, "harm", "Dad", "kill", "social") == {}

    async def test_e08_is_told_to_leads_and_to_nobody_else(self, story: Story) -> None:
        home = Home(story)
        await home.begins()
        await story.day(15, "10:30")
        await home.is_afraid()
        await story.step(Role.DSL, home.concern, "acknowledge")
        await home.is_checked()
        await home.decides()
        await story.day(15, "10:40")
        assert story.told(home.child) == {Role.DSL, Role.DEPUTY_DSL}
        others = {
            role: await story.everything(role, home.child)
            for role in (Role.GOVERNOR, Role.SCHOOL_ADMIN, Role.TRUST_LEAD, Role.PASTORAL)
        }
        for role, texts in others.items():
            assert where(texts, AFRAID, "afraid of his father") == {}, role
        assert await story.whole()
