"""W10: a father who may not be told tries every way in, for a week, and nothing goes to him."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.records import a_share
from tests.api.referring import ANSWERS, CONSENT, an_agency
from tests.api.sharing.test_bars_elsewhere import problems_of
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, told, triage
from tests.transfers import elsewhere

LEE = {"name": "Lee O'Brien-Marsh", "email": "lee@example.org", "phone": "01632 960 123"}
WHY = "He broke her arm."
OFFICE, LEAD, DEPUTY, HEAD = Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER
REASON = {"reason": "They ask for it.", "guard_reason": "Looked at together."}


class Week:
    """A pupil, a mother, a father who is barred, and what people do for him without knowing."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def contact(self, who: Role, **fields: Any) -> Any:
        """Somebody writes down whom to reach."""
        return await self.story.api(who).post(f"/v1/children/{self.child}/contacts", fields)

    async def begins(self) -> None:
        """The lead bars him on Monday; the other leads hear of it, with nothing of why."""
        self.child: UUID = await self.story.school.child("Bo", "Marsh")
        await self.story.day(1, "09:00")
        mother = await self.contact(
            LEAD, kind="mother", name="Kim Marsh", email="kim@example.org",
            parental_responsibility="yes",
        )  # fmt: skip
        father = await self.contact(
            LEAD, kind="father", **LEE, parental_responsibility="yes", may_be_told=False,
            may_be_told_reason=WHY,
        )  # fmt: skip
        assert father.status_code == 201, father.text
        self.mother, self.father = mother.json()["id"], father.json()["id"]
        assert await self.asked(DEPUTY) == {"telling_changed"}
        said = await self.story.says(
            Role.STAFF, self.child, "Bo flinches when a door bangs.",
            categories=["domestic_abuse"], alleged_source_of_harm="parent_carer",
        )  # fmt: skip
        self.concern = str(said["id"])
        assert told(self.story, self.concern) == dict.fromkeys(LEADS, True)
        assert "Speak to the adult who is feared." in said["guidance"]["never"]

    async def asked(self, who: Role) -> set[str]:
        """Kinds of alerts that wait."""
        return {one["kind"] for one in await self.story.inbox(who)}


class TestW10:
    async def test_w10_nothing_of_her_reaches_him_whatever_he_tries(self, story: Story) -> None:
        week = Week(story)
        await week.begins()
        await self._he_asks(week)
        await self._the_office_writes_a_twin(week)
        await self._the_office_writes_a_new_address(week)
        await self._he_is_at_a_meeting(week)
        await self._a_copy_of_a_referral(week)
        await self._the_file_goes_to_a_new_school(week)
        await self._at_the_end(week)

    async def _he_asks(self, week: Week) -> None:
        """He rings; who takes the call writes it down, and reads nothing that they could tell."""
        story = week.story
        await story.day(1, "15:30")
        receipt = await story.says(
            Role.STAFF, week.child, "Her father rang and asked what we write about her.",
            categories=["parent_interaction_concern"],
        )  # fmt: skip
        assert "social care" not in advice(receipt), "it is routine"
        contacts = await story.api(Role.STAFF).get(f"/v1/children/{week.child}/contacts")
        assert WHY not in contacts.text
        for concern in (week.concern, str(receipt["id"])):
            await triage(
                story, concern, 3, (8, "12:00"), primary_category="domestic_abuse",
                confidentiality="K3", tell_reporter="Put him through to a lead.",
            )  # fmt: skip

    async def _the_office_writes_a_twin(self, week: Week) -> None:
        """His number under another name is refused to the office, and is guarded as he is."""
        story = week.story
        await story.day(2, "10:00")
        twin = {"kind": "carer", "name": "Ash Reed", "phone": "01632960123"}
        refused = await week.contact(OFFICE, **twin)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        assert WHY not in refused.text
        taken = await week.contact(DEPUTY, **twin, parental_responsibility="yes")
        assert taken.status_code == 201, taken.text
        assert "telling_changed" in await week.asked(LEAD)
        body = a_share(
            week.child, {"via": "contact", "contact_id": taken.json()["id"]}, week.concern
        )
        draft = f"/v1/shares/{(await story.does(LEAD, '/v1/shares', body))['id']}"
        version = (await story.api(LEAD).get(draft)).headers["etag"].strip('"')
        answer = await story.api(LEAD).post(f"{draft}/approve", REASON, version=version)
        assert answer.json()["code"] == "parents_guarded", "harm at home: advice comes first"

    async def _the_office_writes_a_new_address(self, week: Week) -> None:
        """The mother's entry cannot get his address; he stays barred at the one that he had."""
        story = week.story
        await story.day(3, "10:00")
        for contact, change in (
            (week.mother, {"email": "LEE+new@example.org"}),
            (week.father, {"email": "new@example.org"}),
        ):
            path = f"/v1/children/{week.child}/contacts/{contact}"
            refused = await story.api(OFFICE).patch(path, change, version=1)
            assert refused.json()["code"] == "permission_missing", refused.text
        path = f"/v1/children/{week.child}/contacts/{week.father}"
        changed = await story.api(LEAD).patch(path, {"email": "new@example.org"}, version=1)
        assert changed.status_code == 200, changed.text

    async def _he_is_at_a_meeting(self, week: Week) -> None:
        """Being named as invited sends him nothing, and lets nobody read it."""
        story = week.story
        await story.day(4, "09:00")
        meeting = {
            "kind": "strategy_discussion", "child_ids": [str(week.child)],
            "concern_id": week.concern, "starts_at": story.moment(5, "10:00").isoformat(),
            "invited": [{"name": LEE["name"], "role": "father"}],
        }  # fmt: skip
        made = await story.does(DEPUTY, "/v1/meetings", meeting)
        await story.post()
        answer = await story.api(Role.STAFF).get(f"/v1/meetings/{made['id']}")
        assert answer.status_code in (403, 404)

    async def _a_copy_of_a_referral(self, week: Week) -> None:
        """An agency at his number, now or before, is refused, by whomever it is approved."""
        story = week.story
        await story.day(4, "11:00")
        story.sign_in()
        for known in ({"email": "new@example.org"}, {"email": "lee@example.org"}):
            body = {
                "child_id": str(week.child), "concern_id": week.concern, "kind": "early_help",
                "agency_id": await an_agency(story.school, name=f"Desk {known['email']}", **known),
                "urgency": "routine", "fields": ANSWERS, "consent": CONSENT, "prefill": False,
                "lawful_basis": "public_task", "items": [],
            }  # fmt: skip
            draft = f"/v1/referrals/{(await story.does(LEAD, '/v1/referrals', body))['id']}"
            for who in (LEAD, HEAD):
                version = (await story.api(who).get(draft)).headers["etag"].strip('"')
                answer = await story.api(who).post(
                    f"{draft}/approve", REASON_ALONE, version=version
                )
                assert {code for _, code in problems_of(answer)} == {"barred_address"}

    async def _the_file_goes_to_a_new_school(self, week: Week) -> None:
        """He gives himself out as the office of a new school."""
        story = week.story
        await story.day(5, "14:00")
        body = elsewhere(week.child, name="Hill Top", email="new@example.org")
        made = await story.does(LEAD, "/v1/transfers", body)
        path = f"/v1/transfers/{made['id']}/approve"
        answer = await story.api(LEAD).post(path, {"reason": "She has left."}, version=1)
        assert problems_of(answer) == [("/destination/email", "barred_address")]

    async def _at_the_end(self, week: Week) -> None:
        """No mail went to him, no teacher knows why, and the inboxes ask about what is open."""
        story = week.story
        await story.day(5, "16:30")
        theirs = {person.email for person in story.school.people.values()}
        to = {str(mail["To"]) for mail in story.sink.delivered}
        assert to <= theirs
        seen = await story.everything(Role.STAFF, week.child)
        assert not any(WHY in text or "Hill Top" in text for text in seen.values())
        for role in (LEAD, DEPUTY):
            kinds = await week.asked(role)
            assert "concern_raised" not in kinds
        assert clock.now() < story.moment(1, "09:00") + timedelta(days=7)
        assert await story.whole()


REASON_ALONE = {"reason": "They ask for help."}
