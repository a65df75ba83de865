"""A day counts what the lists show, whoever looks: random actors over random open things."""

from datetime import timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.words import Actor, Role
from app.db.reading import open_reading
from app.db.repositories.duty import overview
from app.domain.duty.overview.queries import read_overview
from tests.owners import Plot, a_plot
from tests.sampling import examples
from tests.world import Api, Person, School, World

LISTS = {
    "concern": "/v1/concerns?state=open",
    "share": "/v1/shares",
    "referral": "/v1/referrals",
    "review": "/v1/reviews",
    "meeting": "/v1/meetings",
    "concern_case": "/v1/cases",
    "monitoring_alert": "/v1/monitoring-alerts?state=open",
}
NOUNS = (
    "concern", "action", "share", "referral", "review", "meeting", "concern_case",
    "monitoring_alert", "break_glass", "reading_notice", "transfer", "incoming_transfer",
    "file_request", "task",
    "check_in", "adult_concern", "webhook", "failed_job", "drill", "record", "safety_plan",
    "status",
    "amendment", "attachment", "child", "comment", "contact", "decision", "identifier",
    "reintegration", "sanction", "sharing_exception", "support_list_entry", "support_plan",
    "bereavement_case", "incomplete_report", "concern_question", "past_entry",
    "child_group", "received_record",
)  # fmt: skip
ROLES = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL)


async def ids_in(api: Api, path: str) -> set[str] | None:
    """Every id of a list, or None where the role has no such list."""
    found: set[str] = set()
    sign = "&" if "?" in path else "?"
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = await api.get(f"{path}{sign}limit=100{more}")
        if answer.status_code == 403:
            return None
        assert answer.status_code == 200, answer.text
        found |= {one["id"] for one in answer.json()["items"]}
        cursor = answer.json()["next"]
    return found


async def many_things(world: World, school: School, people: list[Person]) -> list[Plot]:
    """Several children's worth of everything, overdue, in different classes and hands."""
    plots: list[Plot] = []
    for number, owner in enumerate(people):
        plot = await a_plot(world, school, owner, *NOUNS, *([] if number else ["role_proposal"]))
        plots.append(plot)
        kept = f"K{2 + number % 4}"
        world.sql("update child set year_group = %s where id = %s", str(7 + number), plot.child)
        for noun in ("concern", "review", "meeting"):
            changed = f"update {noun} set confidentiality = %s where id = %s"  # noqa: S608
            world.sql(changed, kept, plot.ids[noun])
        item = f'[{{"kind": "concern", "id": "{plot.ids["concern"]}"}}]'
        if number % 2:
            of = plot.ids["concern"], plot.ids["decision"]
            world.sql("update decision set concern_id = %s where id = %s", *of)
            world.sql(
                "update meeting set concern_id = %s where id = %s",
                plot.ids["concern"], plot.ids["meeting"],
            )  # fmt: skip
            world.sql("update share set items = %s where id = %s", item, plot.ids["share"])
            world.sql(
                "update access_grant set concern_id = %s, child_id = null where id = %s",
                plot.ids["concern"], plot.ids["break_glass"],
            )  # fmt: skip
        about = (number % 3 == 1, people[number - 1].id if number % 2 else None,
                 [people[number - 2].id] if number % 4 == 3 else [],
                 '{"kind": "closure"}' if number % 3 == 2 else None)  # fmt: skip
        world.sql(
            "update adult_concern set about_head = %s, case_manager_id = %s, locked_out = %s, "
            "pending = %s::jsonb where id = %s", *about, plot.ids["adult_concern"],
        )  # fmt: skip
        world.sql(
            "update incomplete_report set register = %s, owner_id = %s, due_at = %s, "
            "about_head = %s, barred = %s where id = %s",
            *(("adults", owner.id, clock.now()) if number % 2 else ("children", None, None)),
            number % 3 == 0,
            [people[number - 2].id] if number % 4 else [], plot.ids["incomplete_report"],
        )  # fmt: skip
        if number < 3:
            world.sql(
                "update adult_concern set staff_id = %s, adult_name = null where id = %s",
                owner.id, plot.ids["adult_concern"],
            )  # fmt: skip
    due = clock.now() - timedelta(hours=1)
    for table in ("concern", "action", "share", "referral", "review", "meeting", "concern_case",
                  "monitoring_alert", "access_grant", "reading_notice", "role_proposal", "transfer",
                  "incoming_transfer", "file_request", "task", "check_in", "adult_concern",
                  "failed_job", "drill"):  # fmt: skip
        world.sql(f"update {table} set due_at = %s where school_id = %s", due, school.id)  # noqa: S608
    world.sql(
        "insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, "
        "started_at, due_at, made_by, made_at, next_at) select school_id, gen_random_uuid(), "
        "'incomplete_report', id, 'adult.incomplete.today', '2026-11', 'adult', received_at, "
        "due_at, owner_id, received_at, due_at from incomplete_report "
        "where school_id = %s and due_at is not null", school.id,
    )  # fmt: skip
    world.sql(
        "update incomplete_report set due_at = %s where school_id = %s and due_at is not null",
        due, school.id,
    )  # fmt: skip
    world.sql(
        "update deadline set due_at = %s, next_at = %s where school_id = %s", due, due, school.id
    )
    return plots


@pytest.fixture(scope="module")
async def scene(world: World) -> tuple[School, list[Plot], dict[str, Person]]:
    """A school with things of all classes, and people with cohorts and conflicts."""
    school = await world.a_school()
    people = {role.value: school[role] for role in ROLES}
    for number, role in enumerate((*ROLES, Role.PASTORAL)):
        people[f"another {number}"] = await school.person(role)
    plots = await many_things(world, school, list(people.values()))
    for number, person in enumerate(people.values()):
        if person.role is Role.PASTORAL:
            groups = f'{{"year_groups": ["{7 + number}", "9"]}}'
            world.sql("update membership set cohort = %s where staff_id = %s", groups, person.id)
    for number in (4, 5, 6):
        person = list(people.values())[number]
        column, about = [("child_id", plots[0].child), ("concern_id", plots[1].ids["concern"]),
                         ("child_id", plots[2].child)][number - 4]  # fmt: skip
        plots[0].put(
            "conflict", staff_id=person.id, kind="declared", created_by=person.id,
            created_at=clock.now(), **{column: about},
        )  # fmt: skip
    return school, plots, people


async def overdue_for(world: World, person: Person, *, mine: bool) -> dict[str, set[str]]:
    """Everything overdue that a day counts for somebody, as ids by noun."""
    actor = Actor(person.id, person.school_id, person.role, person.session_id)
    async with open_reading(world.runtime.database, actor) as reading:
        number, packed = (await read_overview(reading, mine=mine))["overdue"]
    items = orjson.loads(packed)
    assert number == len(items)
    found: dict[str, set[str]] = {}
    for one in items:
        found.setdefault(one["kind"], set()).add(one["id"])
        assert not mine or one["owner"]["id"] == str(person.id)
    return found


class TestCountsAgree:
    @settings(max_examples=examples(15))
    @given(data=st.data())
    async def test_with_the_lists(
        self,
        world: World,
        scene: tuple[School, list[Plot], dict[str, Person]],
        monkeypatch: pytest.MonkeyPatch,
        data: st.DataObject,
    ) -> None:
        monkeypatch.setattr(overview, "SHOWN", 10_000)
        _, plots, people = scene
        person = people[data.draw(st.sampled_from(sorted(people)))]
        api = Api(world, person.token)
        day = await overdue_for(world, person, mine=False)
        for noun, path in LISTS.items():
            listed = await ids_in(api, path) or set()
            planted = {str(plot.ids[noun]) for plot in plots}
            assert day.get(noun, set()) == planted & listed, (person.role, noun)
        actions = [str(plot.ids["action"]) for plot in plots]
        opened = {
            one for one in actions if (await api.get(f"/v1/actions/{one}")).status_code == 200
        }
        assert day.get("action", set()) == opened
        own = await overdue_for(world, person, mine=True)
        assert all(ids <= day.get(noun, set()) for noun, ids in own.items())
