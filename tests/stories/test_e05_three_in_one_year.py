"""E5: three concerns of year nine in 24 days, two in one dance club, one told to somebody new."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story, where
from tests.world import Person

FORBIDDEN = ("cluster", "contagio", "copycat", "epidemic", "index case", "hot spot")
NAMES = ("Alba", "Bryn", "Cerys")
WORDS = ("I do it when it gets loud.", "I hurt myself on Sunday.", "I do not want to feel it.")
LINKED = "/v1/linked-concerns"
SEES = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)


class YearNine:
    """Three pupils, what was told of them, and who told it."""

    def __init__(self, children: list[UUID]) -> None:
        self.children = children
        self.concerns: list[str] = []
        self.rows: list[tuple[str, str, str]] = []

    async def told(self, story: Story, who: Role | Person, number: int) -> None:
        """Somebody writes down what one of them said."""
        made = await story.says(
            who, self.children[number], WORDS[number], source="child_disclosure",
            self_harm={"kind": "self_harm"},
        )  # fmt: skip
        self.concerns.append(made["id"])
        person = str(story.person(who).id)
        self.rows.append((made["id"], str(self.children[number]), person))


async def open_links(story: Story) -> dict[str, dict[str, Any]]:
    """Linked concerns that wait, whole, by their rule."""
    cards = await story.items(Role.DSL, LINKED)
    return {one["rule_id"]: await story.read(Role.DSL, f"{LINKED}/{one['id']}") for one in cards}


def rows_of(linked: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Concern, child and recorder of each row."""
    return [
        (row["concern"]["id"], child["id"], row["recorded_by"]["id"])
        for row in linked["rows"]
        for child in row["children"]
    ]


def asked(story: Story) -> dict[UUID, Any]:
    """To whom and when the school's leads were asked to look, and until when, by what it is of."""
    rows = story.world.sql(
        "select about_id, owner_id, set_at, due_at from task where school_id = %s "
        "and kind = 'linked_concerns' and ended_at is null",
        story.school.id,
    )
    return {about: (owner, set_at, due_at) for about, owner, set_at, due_at in rows}


class TestE05:
    async def test_e05_leads_are_asked_to_look_together_and_shown_what_else_explains_it(
        self, story: Story
    ) -> None:
        school = story.school
        tutor = await school.person(Role.STAFF, "Form Tutor of 9B")
        nine = {"year_group": "9", "registration_group": "9B"}
        children = [await school.child(given, f"Quill{given}", **nine) for given in NAMES]
        year = YearNine(children)
        week = {
            "kind": "awareness", "label": "A week of assemblies about feelings",
            "starts_on": str(story.moment(22, "12:00").date()),
            "ends_on": str(story.moment(26, "12:00").date()),
        }  # fmt: skip
        await story.does(Role.DSL, "/v1/calendar-notes", week)
        dance = {"kind": "club", "label": "Dance", "child_ids": [str(one) for one in children[:2]]}
        child_group = await story.does(Role.DEPUTY_DSL, "/v1/child-groups", dance)

        await story.day(1, "09:40")
        await year.told(story, Role.STAFF, 0)
        await story.day(12, "13:05")
        await year.told(story, Role.PASTORAL, 1)
        assert await open_links(story) == {}, "nobody has confirmed that they dance together"
        await story.on(Role.DSL, f"/v1/child-groups/{child_group['id']}", "confirm")
        second = await story.day(12, "13:10")
        assert set(await open_links(story)) == {"sh.linked_pair"}

        await story.day(24, "10:15")
        counsellor = await school.person(Role.STAFF, "New Counsellor")
        third = await story.day(24, "10:20")
        await year.told(story, counsellor, 2)
        found = await open_links(story)
        assert set(found) == {"sh.linked_pair", "sh.group3"}
        group, pair = found["sh.group3"], found["sh.linked_pair"]
        self._shows_its_rows(story, year, group, pair)
        self._explains(group)
        self._asks_leads_alone(story, group, pair, second, third)
        await self._nobody_else_sees(story, tutor, counsellor, group, year)
        await self._children_of_others_stay_out(story, year)
        assert await story.whole()

    def _shows_its_rows(
        self, story: Story, year: YearNine, group: dict[str, Any], pair: dict[str, Any]
    ) -> None:
        assert rows_of(group) == year.rows
        assert rows_of(pair) == year.rows[:2]
        assert [one["year_group"] for one in group["links"]] == ["9"]
        (link,) = pair["links"]
        assert link["child_group"]["label"] == "Dance"
        assert link["child_group"]["stated_by"]["id"] == str(story.school[Role.DEPUTY_DSL].id)
        assert link["child_group"]["confirmed_by"]["id"] == str(story.school[Role.DSL].id)

    def _explains(self, group: dict[str, Any]) -> None:
        others = {one["code"]: one for one in group["other_explanations"]}
        assert set(others) == {"small_numbers", "calendar_note", "new_recorder"}
        assert others["calendar_note"]["note"]["label"] == "A week of assemblies about feelings"
        assert others["new_recorder"]["rows"] == 1
        assert "call_public_health" in group["suggestions"]
        assert group["rule"]["unknown"].startswith("We do not know")
        assert group["label"] == "Linked concerns, please look together"

    def _asks_leads_alone(
        self, story: Story, group: dict[str, Any], pair: dict[str, Any], second: datetime,
        third: datetime,
    ) -> None:  # fmt: skip
        lead = story.school[Role.DSL].id
        assert asked(story) == {
            UUID(pair["id"]): (lead, second, story.moment(15, "16:00")),
            UUID(group["id"]): (lead, third, story.moment(25, "16:00")),
        }

    async def _nobody_else_sees(
        self, story: Story, tutor: Person, counsellor: Person, group: dict[str, Any],
        year: YearNine,
    ) -> None:  # fmt: skip
        for role in (one for one in story.school.people if one not in SEES):
            for path in (LINKED, f"{LINKED}/{group['id']}"):
                assert (await story.api(role).get(path)).status_code in (403, 404), role
        texts = await story.everything(tutor, *year.children)
        assert where(texts, *NAMES, *WORDS, group["id"], *year.concerns) == {}
        assert await story.inbox(tutor) == []
        assert await story.tasks(tutor) == []
        own = await story.everything(counsellor, *year.children)
        assert where(own, *NAMES[:2], *WORDS[:2], group["id"], *year.concerns[:2]) == {}
        assert "linked_concerns" not in {one["kind"] for one in await story.tasks(counsellor)}
        everybody = await story.everybody(*year.children)
        assert where(everybody, *FORBIDDEN) == {}
        assert any(LINKED in place for place in everybody), "leads were read, too"

    async def _children_of_others_stay_out(self, story: Story, year: YearNine) -> None:
        """A child's own chronology says nothing about the others."""
        for place, child in enumerate(year.children):
            entries = await story.items(Role.DSL, f"/v1/children/{child}/chronology")
            others = [name for at, name in enumerate(NAMES) if at != place]
            assert where({"chronology": str(entries)}, *others, "linked") == {}
            assert any(year.concerns[place] in str(one) for one in entries)

    @pytest.mark.long
    async def test_e05_climbs_where_nobody_looks_and_ends_when_they_have(
        self, story: Story
    ) -> None:
        nine = {"year_group": "9", "registration_group": "9B"}
        year = YearNine([await story.school.child(given, "Quill", **nine) for given in NAMES])
        for number, day in enumerate((1, 12, 24)):
            await story.day(day, "10:20")
            await year.told(story, Role.STAFF, number)
        (linked,) = (await open_links(story)).values()
        (task,) = [
            one for one in await story.tasks(Role.DSL) if one["kind"] == "linked_concerns"
        ]  # fmt: skip
        due = datetime.fromisoformat(task["due_at"])
        await story.day(25, "15:55")
        assert story.rung(task["id"]) == []
        await story.day(26, "10:00")
        first, *_ = story.rung(task["id"])
        assert first[0] - due <= timedelta(minutes=1)
        assert first[2] == {Role.DSL}
        heard = set[Role]().union(*(told for _, _, told in story.rung(task["id"])))
        assert heard <= {*SEES}
        looked = {
            "at": clock.now().isoformat(), "with_whom": "The deputy and the head",
            "follows": "Public health was phoned. Each of them has somebody to go to.",
        }  # fmt: skip
        await story.on(Role.DSL, f"{LINKED}/{linked['id']}", "joint-review", looked)
        assert await open_links(story) == {}
        assert asked(story) == {}
        await story.day(30, "09:00")
        assert await open_links(story) == {}, "no new row, nothing new"
        assert await story.whole()
