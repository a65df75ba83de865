"""What a pupil says about an adult at school: who hears, by when, and who never does."""

from typing import Any

from app.core.words import Role
from tests.adults import ROOT
from tests.api.record.test_concerns import a_body, a_triage, step
from tests.jobs.climbing import ids
from tests.stories.telling import Story
from tests.world import Person

HEAD, CHAIR, ADMIN, LEAD, DEPUTY, TUTOR, TEACHER = (
    Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL,
    Role.STAFF, Role.PASTORAL,
)  # fmt: skip
WORDS = "Zyxglorp shut the door and held my arm."
NOT_READERS = (Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL, Role.PASTORAL, Role.GOVERNOR)


async def reported(story: Story, about: Person, **more: Any) -> dict[str, Any]:
    """A tutor writes down what a pupil has just said."""
    child = await story.school.child()
    body = a_body(
        child,
        account=[{"kind": "child_said", "text": WORDS, "prompted_by": "Tell me."}],
        categories=["physical_abuse_disclosure", "adult_concern"],
        staff_named=[str(about.id)],
        **more,
    )
    answer = await story.api(TUTOR).post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "child": child}


async def hears_nothing(story: Story, who: Role | Person, found: dict[str, Any]) -> None:
    """Nothing anywhere: no list, no search, no trail, no overview, no event, no alert."""
    person = story.person(who)
    api = story.api(person)
    for path in (
        "/v1/concerns", ROOT, "/v1/adult-concerns/patterns?staff_id=" + str(person.id),
        "/v1/adult-audit", "/v1/audit", "/v1/changes", "/v1/overview", "/v1/alerts",
        "/v1/incomplete-reports", "/v1/tasks", "/v1/actions", "/v1/conflicts",
        f"/v1/children/{found['child']}", f"/v1/children/{found['child']}/chronology",
        f"/v1/children/{found['child']}/access-log", f"/v1/concerns/{found['id']}",
        f"{ROOT}/{found['id']}", f"/v1/access/explain?resource=adult_concern:{found['id']}",
    ):  # fmt: skip
        text = (await api.get(path)).text
        assert "Zyxglorp" not in text, (who, path)
        assert found["reference"] not in text, (who, path)
        assert found["id"] not in text.replace("/problems", ""), (who, path)
    rows = story.world.sql(
        "select kind from alert where recipient_id = %s and kind <> 'concern_restricted'",
        person.id,
    )
    assert rows == [], who


class TestAPupilSpeaksOfATeacher:
    """Monday, ten past nine: a tutor hears it; the teacher is in the next room."""

    async def test_the_head_hears_and_nobody_else_does(self, story: Story) -> None:
        await story.day(1, "09:10")
        found = await reported(story, story.school[TEACHER])
        said = " ".join(found["guidance"]["first"])
        assert story.school[HEAD].name in said
        assert "lead" not in said
        assert "Warn the adult." in found["guidance"]["never"]
        for role in NOT_READERS:
            await hears_nothing(story, role, found)
        await story.day(1, "09:20")
        kinds = story.world.sql(
            "select kind, urgent, sent_at is not null from alert where recipient_id = %s",
            story.school[HEAD].id,
        )
        assert kinds == [("adult_concern", True, True)]
        whole = await story.read(HEAD, f"{ROOT}/{found['id']}")
        assert whole["account"][0]["text"] == WORDS
        assert whole["due_rule"] == "lado.refer"
        assert story.at(whole["due_at"]) <= story.moment(2, "23:59"), "one working day"
        await story.on(HEAD, f"{ROOT}/{found['id']}", "acknowledge")
        await story.day(1, "16:30")
        for role in (HEAD, LEAD, DEPUTY):
            assert await story.inbox(role) == [], role

    async def test_an_unread_one_climbs_in_the_register_alone(self, story: Story) -> None:
        await story.day(1, "09:10")
        found = await reported(story, story.school[TEACHER])
        await story.day(3, "12:00")
        told = story.world.sql(
            "select distinct recipient_id from alert where school_id = %s", story.school.id
        )
        assert {person for (person,) in told} == ids(story.school, HEAD)
        await hears_nothing(story, LEAD, found)


class TestItIsAboutTheHead:
    async def test_the_chair_is_told_and_the_head_never_hears(self, story: Story) -> None:
        head = story.school[HEAD]
        story.world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at)"
            " select school_id, gen_random_uuid(), id, 'school_admin', current_date - 1, now()"
            " from staff where id = %s",
            head.id,
        )
        await story.day(1, "09:10")
        found = await reported(story, head)
        said = " ".join(found["guidance"]["first"])
        assert story.school[CHAIR].name in said
        assert head.name not in said
        await story.day(2, "17:00")
        await hears_nothing(story, HEAD, found)
        for role in NOT_READERS:
            await hears_nothing(story, role, found)
        chair = story.world.sql(
            "select distinct kind from alert where recipient_id = %s order by kind",
            story.school[CHAIR].id,
        )
        assert ("adult_concern",) in chair
        whole = await story.read(CHAIR, f"{ROOT}/{found['id']}")
        assert whole["about_head"] is True

    async def test_a_refused_one_is_the_chairs_too(self, story: Story) -> None:
        await story.day(1, "09:10")
        body = a_body(
            await story.school.child(), account=[{"kind": "child_said", "text": WORDS}],
            categories=["adult_concern"], staff_named=[str(story.school[HEAD].id)], mood="low",
        )  # fmt: skip
        answer = await story.api(TUTOR).post("/v1/concerns", body)
        draft = answer.json()["saved_as"]
        await story.day(3, "12:00")
        told = story.world.sql(
            "select distinct recipient_id, kind from alert where school_id = %s order by kind",
            story.school.id,
        )
        chair = story.school[CHAIR].id
        assert told == [(chair, "adult_concern"), (chair, "adult_overdue")]
        assert (await story.read(CHAIR, "/v1/incomplete-reports"))["items"][0]["id"] == draft


class TestALeadFindsOutAtTriage:
    async def test_it_leaves_every_lead_with_its_words_intact(self, story: Story) -> None:
        await story.day(1, "09:10")
        child = await story.school.child()
        body = a_body(
            child, account=[{"kind": "child_said", "text": WORDS, "prompted_by": "Tell me."}],
            categories=["physical_abuse_disclosure"],
        )  # fmt: skip
        concern = (await story.api(TUTOR).post("/v1/concerns", body)).json()
        await story.day(1, "10:00")
        lead = story.api(LEAD)
        assert WORDS in (await lead.get(f"/v1/concerns/{concern['id']}")).text
        triage = a_triage(
            story.school[LEAD].id, primary_category="allegation_harm_threshold",
            reason="He works here.",
        )  # fmt: skip
        answer = await step(lead, concern["id"], "triage", triage)
        assert answer.status_code == 200, answer.text
        whole = await story.read(HEAD, f"{ROOT}/{concern['id']}")
        assert whole["account"][0]["text"] == WORDS
        assert whole["kind"] == "allegation"
        assert whole["recorded_at"] == concern["recorded_at"]
        for role in (LEAD, DEPUTY):
            answer = await story.api(role).get(f"/v1/concerns/{concern['id']}")
            assert answer.status_code == 404
            listed = await story.read(role, "/v1/concerns")
            assert listed["items"] == []
            chronology = await story.read(role, f"/v1/children/{child}/chronology")
            assert chronology["items"] == []
        looked = story.world.sql(
            "select count(*) from trail where noun_id = %s and actor_id = %s "
            "and verb = 'concern.opened'", concern["id"], story.school[LEAD].id,
        )  # fmt: skip
        assert looked[0][0] >= 1, "who read it before is in the trail"
        await story.day(3, "12:00")
        overdue = story.world.sql(
            "select distinct recipient_id from alert where school_id = %s "
            "and kind in ('overdue', 'adult_overdue')", story.school.id,
        )  # fmt: skip
        assert {person for (person,) in overdue} <= ids(story.school, HEAD)
