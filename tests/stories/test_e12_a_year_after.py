"""E12: a year after a death: six pupils, one at another school by now, one to be left alone."""

from datetime import date, datetime
from typing import Any

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story, where
from tests.world import Person

CASES, LOOK = "/v1/bereavement-cases", "affected_date"
DIED = 4
"""The fourth day of the story: Thursday, the 14th of January 2027."""
WINDOW = 10
DEAD = ("Zebedee", "Zzquill")
SILENT = (*DEAD, "died", "death", "anniversary", "suicide", "funeral", "bereave")
NUMBER_OF_PUPILS = 6
MOVED, LEFT_ALONE = 4, 5


class Year:
    """The case, the pupils who may be affected, and who sees to each of them."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.tutors: list[Person] = []
        self.pupils: list[str] = []
        self.people: list[dict[str, Any]] = []

    async def begins(self) -> None:
        """Two people open the case; duties are done, pupils named, and what each asks for."""
        story = self.story
        child = await story.school.child(*DEAD, date_of_birth=date(2012, 7, 1))
        await story.skip(DIED, "10:00")
        body = {
            "person_died": "pupil", "child_id": str(child), "learned_from": "The police came.",
            "died_on": str(clock.now().date()),
        }  # fmt: skip
        case = await story.does(Role.DEPUTY_DSL, CASES, body)
        self.path = f"{CASES}/{case['id']}"
        confirmed = {"confirmed_by": "police", "confirmed_with": "Sergeant Roe, by phone"}
        await story.on(Role.DSL, self.path, "confirm", confirmed)
        await story.skip(DIED + 1, "10:00")
        for number in range(NUMBER_OF_PUPILS):
            await self._named(number)
        for number, change in ((MOVED, {"moved_to": "Hill Academy"}), (LEFT_ALONE, {
            "left_alone": True})):  # fmt: skip
            path = f"{self.path}/affected/{self.people[number]['id']}"
            answer = await story.api(Role.DSL).patch(path, change, version=1)
            assert answer.status_code == 200, answer.text
        await self._duties_are_done()
        await self._opens_ten_days_before()

    async def _named(self, number: int) -> None:
        story = self.story
        tutor = await story.school.person(Role.STAFF, f"Tutor {number}")
        pupil = await story.school.child(
            f"Pupil{number}", "Reed", date_of_birth=date(2012, 1, 1 + number)
        )
        body = {"child_id": str(pupil), "owner_id": str(tutor.id), "reason_codes": ["close_friend"]}
        self.people.append(await story.does(Role.DSL, f"{self.path}/affected", body))
        self.tutors.append(tutor)
        self.pupils.append(str(pupil))

    async def _duties_are_done(self) -> None:
        """What was owed in those days is done: nothing of it waits a year later."""
        for kind in ("bereavement_duty", "affected_person", "bereavement_review"):
            for task in await self.story.items(Role.DSL, f"/v1/tasks?kind={kind}"):
                await self.story.on(Role.DSL, f"/v1/tasks/{task['id']}", "complete", {})

    async def _opens_ten_days_before(self) -> None:
        dates = (await self.story.read(Role.DSL, f"{self.path}/dates"))["items"]
        (death,) = [one for one in dates if one["kind"] == "death"]
        self.falls_on = date.fromisoformat(death["falls_on"])
        path = f"{self.path}/dates/{death['id']}"
        answer = await self.story.api(Role.DSL).patch(
            path, {"days_before": WINDOW}, version=int(death["etag"].strip('"'))
        )
        assert answer.status_code == 200, answer.text

    def day(self, before: int) -> int:
        """The number of the day so many days before the date."""
        return (self.falls_on - self.story.first).days + 1 - before

    async def looks(self) -> dict[str, dict[str, Any]]:
        """The quiet tasks, by pupil."""
        rows = await self.story.items(Role.DSL, f"/v1/tasks?kind={LOOK}")
        return {one["child"]["id"]: one for one in rows}


class TestE12:
    async def test_e12_owners_look_quietly_another_school_is_telephoned_and_one_is_left_alone(
        self, story: Story
    ) -> None:
        year = Year(story)
        await year.begins()
        await story.skip(year.day(WINDOW + 1), "16:30")
        assert await year.looks() == {}
        mails = len(story.sink.delivered)
        await story.day(year.day(WINDOW), "08:30")
        await self._sets_quiet_tasks(story, year)
        await self._telephones_the_other_school(story, year)
        await story.skip(year.day(WINDOW), "15:30")
        await self._notifies_without_a_name(story, year, mails)
        await self._ends_by_people(story, year)
        assert await story.whole()

    async def _sets_quiet_tasks(self, story: Story, year: Year) -> None:
        looks = await year.looks()
        assert set(looks) == set(year.pupils[:LEFT_ALONE]), "one is left alone"
        for pupil, tutor in zip(year.pupils[:MOVED], year.tutors[:MOVED], strict=True):
            task = looks[pupil]
            assert task["owner"]["id"] == str(tutor.id)
            assert datetime.fromisoformat(task["set_at"]) == story.moment(year.day(WINDOW), "08:00")
            assert datetime.fromisoformat(task["due_at"]) == story.moment(year.day(0), "12:00")
            assert task["urgent"] is False
            assert [one["id"] for one in await story.tasks(tutor)] == [task["id"]]
        for tutor in year.tutors[MOVED:]:
            assert await story.tasks(tutor) == []
            opened = story.moment(year.day(WINDOW), "08:00")
            heard = [datetime.fromisoformat(one["created_at"]) for one in await story.inbox(tutor)]
            assert all(at < opened for at in heard)
        await story.ring()
        assert await year.looks() == looks, "once"

    async def _telephones_the_other_school(self, story: Story, year: Year) -> None:
        call = (await year.looks())[year.pupils[MOVED]]
        assert call["owner"]["id"] == str(story.school[Role.DEPUTY_DSL].id)
        whole = await story.read(Role.DEPUTY_DSL, f"/v1/tasks/{call['id']}")
        assert whole["facts"] == {"on": str(year.falls_on), "call": "other_school"}

    async def _notifies_without_a_name(self, story: Story, year: Year, mails: int) -> None:
        new = story.sink.delivered[mails:]
        staff = [*year.tutors[:MOVED], story.school[Role.DEPUTY_DSL]]
        assert sorted(str(one["To"]) for one in new) == sorted(one.email for one in staff)
        texts = {str(n): f"{one.items()} {one.get_content()}" for n, one in enumerate(new)}
        for person in staff:
            api = story.api(person)
            for path in ("/v1/alerts", "/v1/tasks?mine=true", "/v1/changes?since=start"):
                answer = await api.get(path)
                texts[f"{person.name} {path}"] = answer.text if answer.is_success else ""
        assert where(texts, *SILENT) == {}
        for tutor in year.tutors:
            assert where(await story.everything(tutor, *year.pupils), "police came") == {}

    async def _ends_by_people(self, story: Story, year: Year) -> None:
        looks = await year.looks()
        for pupil, tutor in zip(year.pupils[1:MOVED], year.tutors[1:MOVED], strict=True):
            note = {"note": "Asked how the week is. Going to the garden with friends."}
            await story.on(tutor, f"/v1/tasks/{looks[pupil]['id']}", "complete", note)
        note = {"note": "Spoke with the lead there, who knows of the date and looks after her."}
        await story.on(Role.DEPUTY_DSL, f"/v1/tasks/{looks[year.pupils[MOVED]]['id']}",
                       "complete", note)  # fmt: skip
        await story.skip(year.day(0), "11:59")
        assert story.rung(looks[year.pupils[0]]["id"]) == []
        await story.skip(year.day(0), "12:00")
        assert len(story.rung(looks[year.pupils[0]]["id"])) == 1, "its owner hears of it"
        await story.skip(year.day(-30), "12:00")
        assert set(await year.looks()) == {year.pupils[0]}, "time ends nothing"
