"""Taking alerts in by service key: kept whole, once each, and put before a person."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.core import clock
from app.core.words import Permission, Role
from tests.monitoring import (
    INBOX,
    INTAKE,
    SOURCES,
    Tool,
    a_child_known_by,
    a_tool,
    an_alert,
    row_of,
    verbs_of,
)
from tests.world import School, World


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source with words of its own."""
    return await a_tool(
        world, school,
        severities={"Danger": "critical", "Advisory": "low"},
        categories={"Suicide": "self_harm"},
    )  # fmt: skip


def told_of(world: World, school: School) -> list[tuple[str, bool]]:
    """Role and urgency of everybody who was alerted."""
    return world.sql(
        "select m.role, a.urgent from alert a join membership m on m.school_id = a.school_id"
        " and m.staff_id = a.recipient_id where a.school_id = %s and a.kind = 'monitoring_alert'"
        " order by m.role, a.created_at",
        school.id,
    )


class TestReceiveAlert:
    async def test_keeps_the_bytes_and_shows_what_can_be_read(
        self, world: World, school: School, tool: Tool
    ) -> None:
        content = orjson.dumps(an_alert(source=tool.id), option=orjson.OPT_INDENT_2)
        answer = await tool.key.request(
            "POST", INTAKE, content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 202, answer.text
        told = answer.json()
        assert (told["state"], told["matched"], told["duplicate"]) == ("open", False, False)
        shown = await tool.open(told["id"])
        assert shown["bodies"][0]["raw"].encode() == content
        assert shown["snippet"] == "Something that was typed."
        assert shown["matched_terms"] == ["one", "two"]
        assert shown["evidence"][0]["url"] == "https://tool.example/1.png"
        assert shown["device"] == {"name": "LT-12", "ip": "192.0.2.9"}
        assert verbs_of(world, told["id"])[:1] == ["monitoring_alert.received"]

    async def test_gives_an_owner_and_a_due_time_from_the_first_moment(
        self, world: World, school: School, tool: Tool
    ) -> None:
        for severity, minutes in (("critical", 15), ("high", 60)):
            told = await tool.sent(severity=severity, subject={"username": severity})
            kept = row_of(world, told["id"])
            assert kept["owner_id"] == str(school[Role.DSL].id)
            assert kept["due_rule"] == f"monitoring.match.{severity}"
            open_clocks = world.sql(
                "select due_at - started_at, ladder from deadline where thing_id = %s"
                " and noun = 'monitoring_alert' and ended_at is null", told["id"],
            )  # fmt: skip
            ladder = "immediate" if severity == "critical" else "today"
            assert open_clocks == [(timedelta(minutes=minutes), ladder)]

    async def test_rings_at_once_where_it_is_critical(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await tool.sent(severity="critical")
        assert told_of(world, school) == [("deputy_dsl", True), ("dsl", True)]

    async def test_mails_nobody_about_what_is_low(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await tool.sent(severity="low")
        assert told_of(world, school) == [("deputy_dsl", False), ("dsl", False)]
        mails = world.sql(
            "select count(*) from procrastinate_jobs j join alert a"
            " on a.id::text = j.args->>'alert_id' and a.kind = 'monitoring_alert'"
            " where j.task_name = 'alert.send_one' and a.school_id = %s", school.id,
        )  # fmt: skip
        assert mails == [(0,)]

    @pytest.mark.parametrize(
        ("fields", "severity", "known"),
        [
            ({"severity": "low"}, "low", True),
            ({"severity": None, "source_severity": " DANGER "}, "critical", True),
            ({"severity": "critical", "source_severity": "Advisory"}, "critical", True),
            ({"severity": "low", "source_severity": "Danger"}, "critical", True),
            ({"severity": None, "source_severity": "Advisory"}, "low", True),
            ({"severity": "high", "source_severity": "Strange"}, "high", True),
            ({"severity": "Danger"}, "critical", True),
            ({"severity": "Strange"}, "high", False),
            ({"severity": None, "source_severity": 7}, "high", False),
            ({"severity": None}, "high", False),
        ],
    )
    async def test_takes_unknown_words_as_high_until_they_are_mapped(
        self, world: World, tool: Tool, fields: dict[str, Any], severity: str, known: bool
    ) -> None:
        kept = row_of(world, (await tool.sent(**fields))["id"])
        assert (kept["severity"], kept["severity_known"]) == (severity, known)

    @pytest.mark.parametrize(
        ("fields", "category", "said"),
        [
            ({}, "self_harm", None),
            ({"category": "suicide"}, "self_harm", "suicide"),
            ({"category": None, "source_category": "Games"}, None, "Games"),
            ({"category": "bullying", "source_category": "Suicide"}, "self_harm", "Suicide"),
        ],
    )
    async def test_keeps_the_tools_category_beside_ours(
        self, world: World, tool: Tool, fields: dict[str, Any], category: str, said: str
    ) -> None:
        kept = row_of(world, (await tool.sent(**fields))["id"])
        assert (kept["category"], kept["source_category"]) == (category, said)

    @pytest.mark.parametrize("subject", ["a.marsh", 7, [], {"upn": ["x"]}, {"upn": None}, None])
    async def test_takes_an_alert_whose_subject_cannot_be_read(
        self, tool: Tool, subject: Any
    ) -> None:
        body = an_alert(source=tool.id) | {"subject": subject}
        answer = await tool.key.post(INTAKE, body)
        assert answer.status_code == 202
        assert answer.json()["matched"] is False
        assert "subject" not in await tool.open(answer.json()["id"])

    async def test_takes_an_alert_whose_content_is_strange(self, tool: Tool) -> None:
        """Cleaned and cut for people; the bytes say what it was."""
        raw = orjson.dumps(
            an_alert(source=tool.id, snippet="SNIP", device=["x"], evidence="no", url=3)
        ).replace(b"SNIP", b"a\\ud800b\\u0000c" + b"x" * 6_000)
        answer = await tool.key.request(
            "POST", INTAKE, content=raw, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 202, answer.text
        shown = await tool.open(answer.json()["id"])
        assert shown["snippet"].startswith("a\ufffdb\ufffdc")
        assert len(shown["snippet"]) == 5_000
        assert shown["url"] == "3"
        assert "evidence" not in shown
        assert shown["bodies"][0]["raw"].encode() == raw

    async def test_finds_its_source_by_name(self, world: World, school: School) -> None:
        tool = await a_tool(world, school, name="Smooth Wall")
        assert (await tool.send(source="SMOOTH wall")).status_code == 202

    async def test_follows_no_link(self, tool: Tool) -> None:
        """Nothing of ours fetches evidence: the adapters of this process have no such client."""
        told = await tool.sent(evidence=[{"url": "http://127.0.0.1:9/x"}], url="file:///etc/passwd")
        assert (await tool.open(told["id"]))["evidence"] == [{"url": "http://127.0.0.1:9/x"}]


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"external_id": ""}, "/external_id"),
            ({"external_id": "a\u0000"}, "/external_id"),
            ({"external_id": True}, "/external_id"),
            ({"external_id": None}, "/external_id"),
            ({"occurred_at": "yesterday"}, "/occurred_at"),
            ({"occurred_at": 1764098000}, "/occurred_at"),
            ({"detected_at": "2026-13-01T00:00:00Z"}, "/detected_at"),
            ({"severity": "x" * 81}, "/severity"),
            ({"source_severity": ["high"]}, "/source_severity"),
            ({"category": {}}, "/category"),
            ({"source": None}, "/source"),
        ],
    )
    async def test_point_at_the_field_and_keep_nothing(
        self, world: World, school: School, tool: Tool, fields: dict[str, Any], pointer: str
    ) -> None:
        answer = await tool.send(**fields)
        assert answer.status_code == 422
        assert pointer in [one["pointer"] for one in answer.json()["errors"]]
        found = world.sql("select count(*) from monitoring_alert where school_id = %s", school.id)
        assert found == [(0,)]

    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b'{"a":' * 40 + b"1" + b"}" * 40, 400),
            (b'{"external_id": NaN}', 400),
            (b"[" * 100_000, 400),
            (b'{"external_id": "a", "external_id": "b"}', 400),
            (b'{"external_id": "\\ud800"}', 422),
            (b'{"a": "' + b"x" * 1_000_000 + b'"}', 413),
            (b"\xff\xfe", 400),
        ],
    )
    async def test_are_problems_for_hostile_bodies(
        self, tool: Tool, content: bytes, status: int
    ) -> None:
        answer = await tool.key.request(
            "POST", INTAKE, content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status
        answer = await tool.send_signed(content, tool.signed(b"x"))
        assert answer.status_code in (400, 401, 413)

    async def test_bound_the_size_of_what_is_kept(self, tool: Tool) -> None:
        answer = await tool.send(more="x" * 65_000)
        assert answer.status_code == 413
        assert (await tool.send(more="x" * 60_000)).status_code == 202
        assert (await tool.send(**{f"f{n}": n for n in range(250)})).status_code == 422

    async def test_know_no_source_of_another_school(
        self, world: World, tool: Tool, other_school: School
    ) -> None:
        theirs = await a_tool(world, other_school, name="Theirs")
        for name in (theirs.id, "Theirs", "nothing", "' or 1=1 --"):
            answer = await tool.send(source=name)
            assert (answer.status_code, answer.json()["code"]) == (404, "intake_source_not_found")

    async def test_are_kept_and_say_so_where_their_source_has_ended(
        self, school: School, tool: Tool
    ) -> None:
        assert (await school.lead.post(f"{SOURCES}/{tool.id}/end", version=1)).status_code == 200
        shown = await tool.open((await tool.sent())["id"])
        assert shown["state"] == "open", "rather one too many than one unheard"
        assert shown["source"]["had_ended"] is True

    async def test_ask_for_the_scope(self, world: World, school: School, tool: Tool) -> None:
        _, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        for api in (world.as_token(token), school.lead, school.api(Role.SCHOOL_ADMIN)):
            answer = await api.post(INTAKE, an_alert(source=tool.id))
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
        assert (await world.anybody.post(INTAKE, an_alert(source=tool.id))).status_code == 401


class TestTheSameAgain:
    async def test_is_the_first_one(self, world: World, school: School, tool: Tool) -> None:
        body = an_alert(source=tool.id)
        first, again = [(await tool.key.post(INTAKE, body)).json() for _ in range(2)]
        assert again == first | {"duplicate": True}
        assert len((await tool.open(first["id"]))["bodies"]) == 1
        assert len(told_of(world, school)) == 2

    async def test_is_one_row_when_it_comes_twice_at_once(
        self, world: World, school: School, tool: Tool
    ) -> None:
        body = an_alert(source=tool.id)
        answers = await asyncio.gather(*(tool.key.post(INTAKE, body) for _ in range(6)))
        assert {answer.status_code for answer in answers} == {202}
        told = [answer.json() for answer in answers]
        assert len({one["id"] for one in told}) == 1
        assert sorted(one["duplicate"] for one in told) == [False] + [True] * 5
        rows = world.sql(
            "select (select count(*) from monitoring_alert where school_id = %s),"
            " (select count(*) from monitoring_body where school_id = %s)",
            school.id, school.id,
        )  # fmt: skip
        assert rows == [(1, 1)]

    async def test_keeps_a_changed_body_beside_the_first(self, tool: Tool) -> None:
        body = an_alert(source=tool.id)
        first = (await tool.key.post(INTAKE, body)).json()
        changed = body | {"snippet": "More of it.", "severity": "low"}
        for _ in range(2):
            assert (await tool.key.post(INTAKE, changed)).json()["duplicate"] is True
        shown = await tool.open(first["id"])
        assert [one["number"] for one in shown["bodies"]] == [2, 1]
        assert shown["snippet"] == "More of it."
        assert shown["severity"] == "high", "a machine never calms an alert"

    async def test_rings_again_where_it_is_graver(
        self, world: World, school: School, tool: Tool
    ) -> None:
        body = an_alert(source=tool.id, severity="low")
        first = (await tool.key.post(INTAKE, body)).json()
        await tool.key.post(INTAKE, body | {"severity": "critical"})
        kept = row_of(world, first["id"])
        assert (kept["severity"], kept["due_rule"]) == ("critical", "monitoring.match.critical")
        assert told_of(world, school).count(("dsl", True)) == 1

    async def test_waits_for_a_person_again_where_it_was_dismissed_and_is_graver(
        self, world: World, school: School, tool: Tool
    ) -> None:
        body = an_alert(source=tool.id, severity="low")
        first = (await tool.key.post(INTAKE, body)).json()
        dismissed = await school.lead.post(
            f"{INBOX}/{first['id']}/dismiss", {"reason_code": "test", "reason": "x"}, version=1
        )
        assert dismissed.status_code == 200
        await tool.key.post(INTAKE, body | {"severity": "medium", "snippet": "y"})
        kept = row_of(world, first["id"])
        assert (kept["state"], kept["outcome"], kept["ended_at"]) == ("open", None, None)
        assert kept["owner_id"]

    async def test_may_say_later_whom_it_is_about(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await a_child_known_by(school, "mis_id", "4711")
        body = an_alert(source=tool.id, subject={"name": "Alex"})
        first = (await tool.key.post(INTAKE, body)).json()
        again = await tool.key.post(INTAKE, body | {"subject": {"mis_id": "4711"}})
        assert again.json()["matched"] is True
        assert row_of(world, first["id"])["child_id"] == str(child)

    async def test_is_another_alert_in_another_source(self, world: World, school: School) -> None:
        one, two = await a_tool(world, school), await a_tool(world, school)
        told = [await tool.sent(external_id=7) for tool in (one, two)]
        assert told[0]["id"] != told[1]["id"]


async def asking(school: School) -> int:
    """How many cards of the lead's inbox ask about a tool."""
    cards = (await school.lead.get("/v1/alerts?state=open")).json()["items"]
    return len([one for one in cards if one["kind"] == "monitoring_alert"])


class TestABurst:
    async def test_is_one_item_of_the_inbox(self, world: World, school: School, tool: Tool) -> None:
        start = clock.now() - timedelta(minutes=30)
        told = [
            await tool.sent(occurred_at=(start + timedelta(minutes=minutes)).isoformat())
            for minutes in (0, 4, 10, 11)
        ]
        assert [one["state"] for one in told] == ["open", "collapsed", "collapsed", "open"]
        head = row_of(world, told[0]["id"])
        assert head["count"] == 3
        assert head["last_at"][:16] == (start + timedelta(minutes=10)).isoformat()[:16]
        listed = (await school.lead.get(INBOX)).json()["items"]
        assert [one["id"] for one in listed] == [told[3]["id"], told[0]["id"]]
        parts = (await school.lead.get(INBOX, params={"collapsed_into": told[0]["id"]})).json()
        assert {one["id"] for one in parts["items"]} == {told[1]["id"], told[2]["id"]}
        assert len(told_of(world, school)) == 2, "folded into one for each lead"

    async def test_asks_until_the_last_of_it_is_decided(
        self, world: World, school: School, tool: Tool
    ) -> None:
        for subject in ("a.one", "b.two"):
            await tool.sent(subject={"username": subject})
        (one, two) = (await school.lead.get(INBOX)).json()["items"]
        assert await asking(school) == 1, "folded into one"
        for alert, left in ((one, 1), (two, 0)):
            path = f"{INBOX}/{alert['id']}"
            version = (await school.lead.get(path)).headers["etag"].strip('"')
            body = {"reason_code": "false_positive", "reason": "A song."}
            done = await school.lead.post(f"{path}/dismiss", body, version=version)
            assert done.status_code == 200, done.text
            assert await asking(school) == left

    @pytest.mark.parametrize(
        "other",
        [
            {"category": "bullying"},
            {"subject": {"username": "b.marsh"}},
            {"subject": {"name": "Alex Marsh"}},
        ],
    )
    async def test_is_of_one_subject_and_category(self, tool: Tool, other: dict[str, Any]) -> None:
        await tool.sent()
        assert (await tool.sent(**other))["state"] == "open"

    async def test_is_never_made_of_names_alone(self, tool: Tool) -> None:
        """Two children share a name; one of them would vanish."""
        told = [await tool.sent(subject={"name": "Alex Marsh"}) for _ in range(2)]
        assert [one["state"] for one in told] == ["open", "open"]

    async def test_never_takes_in_what_is_graver(
        self, world: World, school: School, tool: Tool
    ) -> None:
        first = await tool.sent(severity="low")
        second = await tool.sent(severity="critical")
        assert second["state"] == "open"
        kept = row_of(world, second["id"])
        assert (kept["severity"], kept["due_rule"]) == ("critical", "monitoring.match.critical")
        assert row_of(world, first["id"])["severity"] == "low"
        assert told_of(world, school).count(("dsl", True)) == 1
        assert (await tool.sent(severity="low"))["state"] == "collapsed"

    async def test_is_one_item_when_its_alerts_come_at_once(
        self, world: World, school: School, tool: Tool
    ) -> None:
        answers = await asyncio.gather(*(tool.send() for _ in range(6)))
        states = sorted(answer.json()["state"] for answer in answers)
        assert states == ["collapsed"] * 5 + ["open"]
        found = world.sql(
            "select count from monitoring_alert where school_id = %s and state = 'open'", school.id
        )
        assert found == [(6,)]

    async def test_t19_of_300_from_one_device_is_one_item_with_a_count_and_holds_up_nobody(
        self, world: World, school: School, tool: Tool
    ) -> None:
        """Three hundred within a minute; another child's alert comes in their midst."""
        start = clock.now() - timedelta(minutes=2)

        def moment(number: int) -> str:
            return (start + timedelta(seconds=number / 5)).isoformat()

        before = [await tool.sent(occurred_at=moment(number)) for number in range(150)]
        began = clock.now()
        other = await tool.sent(subject={"username": "b.reed"}, occurred_at=moment(150))
        rows = world.sql(
            "select started_at, due_at from deadline where school_id = %s and thing_id = %s",
            school.id, other["id"],
        )  # fmt: skip
        assert other["state"] == "open"
        ((started, due),) = rows
        assert started - began < timedelta(seconds=5)
        assert due - started <= timedelta(hours=1), "its own clock, by its own gravity"
        assert other["id"] in {one["id"] for one in (await school.lead.get(INBOX)).json()["items"]}
        after = [await tool.sent(occurred_at=moment(number)) for number in range(150, 300)]
        assert [one["state"] for one in before + after].count("open") == 1
        listed = (await school.lead.get(INBOX)).json()["items"]
        assert {one["id"]: one["count"] for one in listed} == {before[0]["id"]: 300, other["id"]: 1}
        kept = world.sql("select count(*) from monitoring_alert where school_id = %s", school.id)
        assert kept == [(301,)]
