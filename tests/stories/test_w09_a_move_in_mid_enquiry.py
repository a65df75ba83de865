"""W9: a pupil moves school while an enquiry is open and a strategy discussion has its date."""

from typing import Any

from app.core.words import Role
from app.domain.sharing.prepared_transfers import commands
from tests.api.planning import in_use
from tests.api.referring import ANSWERS, CONSENT, a_sent, an_agency, now
from tests.api.referring import step as refer_step
from tests.jobs.climbing import fresh
from tests.meetings import SOCIAL_WORKER
from tests.stories.telling import Story
from tests.stories.week import next_codes, triage
from tests.transfers import MINE, approved, prepared, step_of, to_school, work_off
from tests.world import School

WORDS = "Dad hit her with the belt, she says."
LATER = "She has left a drawing of home in her inbox."


class Move:
    """A pupil, the enquiry about her, and the school that she goes to."""

    def __init__(self, story: Story, there: School) -> None:
        self.story, self.here, self.there = story, story.school, there

    def sign_in(self) -> None:
        """Everybody of both schools signs in now."""
        self.story.sign_in()
        for person in self.there.people.values():
            fresh(self.story.world, person)
            person.token = self.story.world.token_of(person)

    async def enquiry(self) -> None:
        """She tells; social care wants a strategy discussion, and the lead enters its date."""
        story = self.story
        await story.day(1, "09:00")
        self.sign_in()
        self.child = await self.here.child("Ines", "Calder")
        await in_use(self.here, self.child)
        receipt = await story.says(
            Role.STAFF, self.child, WORDS, categories=["physical_abuse_disclosure"],
            source="child_disclosure",
        )  # fmt: skip
        self.concern = str(receipt["id"])
        await story.day(1, "09:30")
        self.sign_in()
        await triage(
            story, self.concern, 4, (8, "12:00"), primary_category="physical_abuse_disclosure",
            confidentiality="K3", tell_reporter="Social care is called.",
        )  # fmt: skip
        body: dict[str, Any] = {
            "child_id": str(self.child), "agency_id": await an_agency(self.here),
            "kind": "early_help", "urgency": "routine", "concern_id": self.concern,
            "fields": ANSWERS, "consent": CONSENT, "prefill": False,
            "lawful_basis": "public_task", "items": [],
        }  # fmt: skip
        referral = await a_sent(self.here, body)
        said = {"outcome": "strategy_discussion", "at": now(), "returned_by": "Duty desk"}
        assert (await refer_step(self.here.lead, referral, "outcome", said)).status_code == 200
        assert "meeting" in await next_codes(story, self.concern)
        meeting = {
            "kind": "strategy_discussion", "child_ids": [str(self.child)],
            "concern_id": self.concern, "starts_at": story.moment(4, "10:00").isoformat(),
            "invited": [SOCIAL_WORKER],
        }  # fmt: skip
        await story.does(Role.DSL, "/v1/meetings", meeting)

    async def leaves(self) -> str:
        """The file is on its way the day after; the incoming one's id."""
        await self.story.day(2, "10:00")
        self.sign_in()
        transfer = await prepared(self.here, to_school(self.child, self.there))
        await approved(self.here, transfer["id"])
        await work_off(self.story.world, self.here, self.there, only=MINE)
        (waiting,) = (await self.there.lead.get("/v1/incoming-transfers?state=waiting")).json()[
            "items"
        ]
        return str(waiting["id"])

    async def inbox(self) -> list[dict[str, Any]]:
        """What the lead there is told of."""
        api = fresh(self.story.world, self.there[Role.DSL])
        found: list[dict[str, Any]] = (await api.get("/v1/alerts?state=open")).json()["items"]
        return found

    async def received(self, child: str) -> dict[str, str]:
        """What the lead there reads of the file, by kind."""
        api = fresh(self.story.world, self.there[Role.DSL])
        (file,) = (await api.get(f"/v1/children/{child}/received-files")).json()["items"]
        found: dict[str, str] = {}
        for one in file["records"]:
            text = (await api.get(f"/v1/received-records/{one['id']}")).text
            found[one["kind"]] = found.get(one["kind"], "") + text
        return found


class TestW09:
    async def test_w09_the_enquiry_goes_along_and_nothing_rings_behind(
        self, story: Story, other_school: School
    ) -> None:
        move = Move(story, other_school)
        await move.enquiry()
        incoming = await move.leaves()
        assert [one["kind"] for one in await move.inbox()] == ["transfer_arrived"]
        before = await other_school.lead.get(f"/v1/incoming-transfers/{incoming}")
        assert "Ines" in before.text
        assert not any(word in before.text for word in ("belt", "strategy", "Duty desk"))
        accepted = await step_of(
            other_school.lead, "incoming-transfers", incoming, "accept", {"new_child": True}
        )
        await work_off(story.world, story.school, other_school, only=MINE)
        told = {one["kind"] for one in await move.inbox()}
        assert told == {"task_set"}, "whoever accepts it has dealt with it"
        (owed,) = (await other_school.lead.get("/v1/tasks?mine=true")).json()["items"]
        assert owed["kind"] == "plan_from_school", "she has a safety plan: telephone"
        await self._they_read(move, accepted["child_id"])
        await self._nothing_is_left_here(move)
        await self._what_comes_late_follows(move)
        assert await story.whole()

    async def _they_read(self, move: Move, child: str) -> None:
        """The lead there has the words, the date of the meeting and the plan; a teacher nothing."""
        found = await move.received(child)
        assert WORDS in found["concern"]
        assert "2027-01-14T10:00" in found["meeting"]
        assert any("01632 960010" in text for text in found.values()), sorted(found)
        teacher = fresh(move.story.world, move.there[Role.STAFF])
        for path in (f"/v1/children/{child}/received-files", f"/v1/children/{child}/chronology"):
            answer = await teacher.get(path)
            assert WORDS not in answer.text
            assert answer.status_code in (200, 403, 404)

    async def _nothing_is_left_here(self, move: Move) -> None:
        """The discussion is theirs now: no clock of it rings where nobody can write to the file."""
        story = move.story
        tasks = await story.items(Role.DSL, f"/v1/tasks?child_id={move.child}")
        left = {one["kind"]: one["id"] for one in tasks}
        assert left.keys() == {"plan_to_next_school", "sh_plan_review"}, "her plan stays owed"
        await story.day(5, "12:00")
        rung = story.world.sql(
            "select d.thing_id::text from deadline d where d.school_id = %s and d.ended_at is null "
            "and d.rung > 0", story.school.id,
        )  # fmt: skip
        assert {id_ for (id_,) in rung} <= {*left.values()}
        waiting = {one["kind"] for one in await story.inbox(Role.DSL)}
        assert not waiting & {"meeting_set", "meeting_soon", "concern_raised", "concern_assigned"}

    async def _what_comes_late_follows(self, move: Move) -> None:
        """A teacher finds something: it is kept, and a lead sends it after her."""
        story = move.story
        late = await story.says(Role.STAFF, move.child, LATER)
        for step in commands.STEPS:
            async with story.world.work(story.school.id) as work:
                await step(work)
        kinds = {one["kind"] for one in await story.inbox(Role.DSL)}
        assert "transfer_due" in kinds
        await story.day(8, "12:00")
        assert Role.DSL in set().union(*(roles for _, _, roles in story.rung(late["id"]))), (
            "nobody has read it"
        )
