"""Nobody is told of an event whose record they could not open, and of concerns of every one."""

from dataclasses import dataclass
from datetime import timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.ids import new_id
from app.core.vocabularies.events import LABELS, PROGRESSED
from app.core.words import Actor, AuditEvent, Role
from app.db.reading import open_reading
from app.domain.exchange.event_audiences.kind import By, told_kinds
from app.domain.exchange.event_audiences.queries import RULES, comparable_actor, named_in
from app.domain.exchange.events.queries import events_for, read_leaf
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_contact, a_share
from tests.sampling import examples
from tests.world import Api, Person, School, World

READERS = (
    Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN,
    Role.TRUST_LEAD,
)  # fmt: skip
CLASSES = ("K2", "K3", "K4", "K5")
ADDRESSES = {
    "concern": "/v1/concerns/{}",
    "action": "/v1/actions/{}",
    "share": "/v1/shares/{}",
    "child": "/v1/children/{}",
}


@dataclass(frozen=True)
class Case:
    """One concern with what hangs on it, and one reader in every relation they can have."""

    role: Role
    confidentiality: str
    owns: bool
    owns_action: bool
    in_cohort: bool
    reported: bool
    conflict: str
    granted: str
    grant_classes: frozenset[str]


CASES = st.builds(
    Case,
    role=st.sampled_from(READERS),
    confidentiality=st.sampled_from(CLASSES),
    owns=st.booleans(),
    owns_action=st.booleans(),
    in_cohort=st.booleans(),
    reported=st.booleans(),
    conflict=st.sampled_from(("none", "none", "none", "child", "concern")),
    granted=st.sampled_from(("none", "none", "concern", "child")),
    grant_classes=st.frozensets(st.sampled_from(CLASSES), min_size=1),
)
_schools: dict[int, School] = {}


async def the_school(world: World) -> School:
    """One school for all examples."""
    if id(world) not in _schools:
        _schools[id(world)] = await world.a_school()
    return _schools[id(world)]


async def make(world: World, school: School, case: Case) -> tuple[Person, dict[str, str]]:
    """The reader of a case, and the records by noun."""
    reader = await school.person(case.role)
    world.sql(
        "update membership set cohort = %s where staff_id = %s",
        orjson.dumps({"year_groups": ["8" if case.in_cohort else "9"]}).decode(), reader.id,
    )  # fmt: skip
    child = await school.child(year_group="8", registration_group="8X")
    api = world.as_token(reader.token)
    may_report = case.reported and case.role is not Role.TRUST_LEAD
    concern = (await raise_one(api if may_report else school.staff, child))["id"]
    owner = reader.id if case.owns_action else school[Role.DEPUTY_DSL].id
    due = (clock.now() + timedelta(days=3)).isoformat()
    body = {"what": "x", "owner_id": str(owner), "due_at": due}
    made = await school.lead.post(f"/v1/concerns/{concern}/actions", body)
    records = {"concern": str(concern), "child": str(child)}
    if made.status_code == 201:
        records["action"] = made.json()["id"]
    recipient = {"via": "contact", "contact_id": await a_contact(world, school, child)}
    share = await school.lead.post("/v1/shares", a_share(child, recipient, str(concern)))
    assert share.status_code == 201, share.text
    records["share"] = share.json()["id"]
    relate(world, school, case, reader, records)
    return reader, records


def relate(
    world: World, school: School, case: Case, reader: Person, records: dict[str, str]
) -> None:
    """Put class, owner, conflict and grant of a case into the database."""
    lead = school[Role.DSL].id
    world.sql(
        "update concern set confidentiality = %s, owner_id = %s where id = %s",
        case.confidentiality, reader.id if case.owns else lead, records["concern"],
    )  # fmt: skip
    if case.conflict != "none":
        world.sql(
            "insert into conflict (school_id, id, staff_id, child_id, concern_id, kind, "
            "created_at, created_by) values (%s, %s, %s, %s, %s, %s, now(), %s)",
            school.id, new_id(), reader.id,
            records["child"] if case.conflict == "child" else None,
            records["concern"] if case.conflict == "concern" else None,
            "declared" if case.conflict == "child" else "named", lead,
        )  # fmt: skip
    if case.granted != "none":
        world.sql(
            "insert into access_grant (school_id, id, kind, staff_id, child_id, concern_id, "
            "classes, reason, granted_by, valid_from, valid_to, created_at) "
            "values (%s, %s, 'grant', %s, %s, %s, %s, 'x', %s, now() - interval '1 hour', "
            "now() + interval '1 hour', now())",
            school.id, new_id(), reader.id,
            records["child"] if case.granted == "child" else None,
            records["concern"] if case.granted == "concern" else None,
            sorted(case.grant_classes), lead,
        )  # fmt: skip


async def opened(api: Api, noun: str, id_: str) -> str:
    """What the record itself says: whole, own or nothing."""
    answer = await api.get(ADDRESSES[noun].format(id_))
    if answer.status_code != 200:
        return "nothing"
    return "own" if noun == "concern" and "state" not in answer.json() else "whole"


class TestSight:
    @settings(max_examples=examples(40))
    @given(case=CASES)
    async def test_tells_what_the_record_allows_and_no_more(self, world: World, case: Case) -> None:
        school = await the_school(world)
        place = (await school.lead.get("/v1/changes")).json()["next"]
        reader, records = await make(world, school, case)
        api = world.as_token(reader.token)
        answer = await api.get(f"/v1/changes?since={place}&limit=500")
        assert answer.status_code == 200
        page = answer.json()
        assert not page["more"]
        found: dict[str, set[str]] = {}
        for event in page["items"]:
            found.setdefault(event["about"]["kind"], set()).add(event["kind"])
        self.is_told_of_the_concern(await opened(api, "concern", records["concern"]), found)
        for noun in ("action", "share", "child"):
            allowed = noun in records and await opened(api, noun, records[noun]) == "whole"
            assert bool(found.get(noun)) == allowed, (noun, case)

    @staticmethod
    def is_told_of_the_concern(seen: str, found: dict[str, set[str]]) -> None:
        """Whole, as its reporter, or not at all: exactly as the record opens."""
        kinds = found.get("concern", set())
        if seen == "whole":
            assert "concern.raised" in kinds
            assert PROGRESSED not in kinds
        elif seen == "own":
            assert kinds == {PROGRESSED}
        else:
            assert kinds == set()
            assert found.keys().isdisjoint({"comment", "amendment", "decision", "attachment"})

    @settings(max_examples=examples(8))
    @given(case=CASES)
    async def test_tells_who_is_not_named_exactly_what_their_likeness_is_told(
        self, world: World, case: Case
    ) -> None:
        school = await the_school(world)
        place = (await school.lead.get("/v1/changes")).json()["next"]
        after = world.runtime.cursors.read(school.id, place, "/")
        reader, _ = await make(world, school, case)
        system = Actor.system(school.id)
        async with open_reading(world.runtime.database, system) as reading:
            leaf = await read_leaf(reading.driver, school.id, after, 2_000)
        actor = Actor(reader.id, school.id, reader.role, session_id=reader.session_id)
        async with open_reading(world.runtime.database, actor) as reading:
            known = reading.actor
        if known.id not in named_in(leaf.facts):
            assert events_for(known, leaf, None) == events_for(comparable_actor(known), leaf, None)
        for role in Role:
            nobody = Actor(new_id(), school.id, role)
            assert events_for(nobody, leaf, None) == events_for(
                comparable_actor(nobody), leaf, None
            )


READ_BY_RECIPIENTS = ("share.read", "referral.read")
"""No look of staff: that somebody outside has read it is what a lead waits for."""


class TestTheTable:
    def test_says_of_every_kind_how_it_is_decided(self) -> None:
        assert {kind.by for kind in told_kinds().values()} <= {*RULES, By.CONCERN}

    def test_has_a_label_for_every_kind_and_no_other(self) -> None:
        assert set(LABELS) == {*told_kinds(), PROGRESSED}

    @pytest.mark.parametrize(
        "word", ["opened", "listed", "searched", "explained", "read", "refused_access", "started"]
    )
    def test_tells_of_no_look_and_no_sign_in(self, word: str) -> None:
        told_of = {kind for kind in told_kinds() if kind.endswith(f".{word}")}
        assert told_of <= {"drill.started", *READ_BY_RECIPIENTS}

    def test_tells_of_no_conflict_refusal_or_session(self) -> None:
        hidden = {
            did.value
            for did in AuditEvent
            if did.value.split(".")[0]
            in ("session", "conflict", "account", "second_factor", "adult_concern", "break_glass")
        }
        assert hidden.isdisjoint(told_kinds())
