"""Prepares, in a school, what a request needs: children, concerns, shares, each through the API.

Every free text holds the sentinel, so that the sweep for personal data can look for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.world import Api, Person, School, World

SENTINEL = "Zyxglorp"
ROSTER = (
    Path(__file__).parents[1]
    / "samples/oneroster/gospelnerd/school-small/oneroster-school-small.zip"
)
Values = dict[str, Any]
EARLY_HELP = {
    "needs": {"state": "value", "value": "Help with mornings."},
    "family_view": {"state": "not_known"},
    "referrer": {"state": "value", "value": {"name": "Kit Roe", "role": "Lead"}},
}
CONSENT = {"parents_informed": "yes", "consent_given": "yes", "by": "Kim Marsh"}


@dataclass(frozen=True)
class Call:
    """A valid request for one operation, but for who sends it."""

    ids: dict[str, str] = field(default_factory=dict)
    json: Any = None
    data: dict[str, str] | None = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    version: int | None = None
    query: dict[str, str] | None = None


Recipe = Callable[["Scene"], Awaitable[Call]]


def soon(**by: int) -> str:
    """A moment to come, as clients write it."""
    return (clock.now() + timedelta(**by)).isoformat()


@dataclass
class Scene:
    """One school and the person who is going to ask."""

    world: World
    school: School
    actor: Person
    made: set[str] = field(default_factory=set)

    def by(self, role: Role) -> Api:
        """The API as the school's person in a role."""
        return self.school.api(role)

    @property
    def lead(self) -> Api:
        """The API as the lead."""
        return self.by(Role.DSL)

    async def made_by(self, api: Api, path: str, body: Any, version: int | None = None) -> Values:
        """What a POST made."""
        answer = await api.post(path, body, version=version)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        found: Values = answer.json()
        self.made.add(str(found.get("id")))
        return found

    def version(self, table: str, id_: str) -> int:
        """The present version of a row."""
        return self.world.version(table, id_)

    async def child(self, **columns: Any) -> str:
        """A child of year 7, the pastoral member's cohort."""
        columns.setdefault("date_of_birth", date(2008, 1, 1) + timedelta(new_id().int % 3_000))
        named = await self.school.child(f"{SENTINEL}a", f"{SENTINEL}b", **columns)
        child = str(named)
        self.made.add(child)
        return child

    async def someone(self, role: Role) -> str:
        """One more member of staff."""
        person = await self.school.person(role, f"{SENTINEL} {role.value}")
        self.made.add(str(person.id))
        return str(person.id)

    def concern_body(self, *children: str) -> Values:
        """A body that raises a concern."""
        return {
            "children": [{"child_id": child} for child in children],
            "account": [
                {"kind": "child_said", "text": f"{SENTINEL} hurts.", "prompted_by": SENTINEL},
                {"kind": "observed", "text": f"{SENTINEL} limps."},
            ],
            "occurred_at": soon(hours=-1),
            "occurred_precision": "about",
            "place": f"{SENTINEL} street",
            "source": "staff_observation",
            "immediacy": "today",
            "categories": ["not_sure"],
            "parents_told": {"value": "not_yet", "reason": f"{SENTINEL} first"},
        }

    async def concern(self, child: str | None = None, reporter: Role | None = None) -> str:
        """A raised concern of class K2, which a pastoral member may work with too."""
        found = await self.made_by(
            self.by(reporter or Role.STAFF),
            "/v1/concerns",
            self.concern_body(child or await self.child()),
        )
        self.world.sql("update concern set confidentiality = 'K2' where id = %s", found["id"])
        return str(found["id"])

    async def triaged(self, level: int = 2) -> str:
        """A concern that the lead triaged."""
        concern = await self.concern()
        await self.step(self.lead, concern, "triage", self.triage_body(level))
        return concern

    def triage_body(self, level: int = 2) -> Values:
        """A body that triages."""
        return {
            "level": level,
            "primary_category": "physical_abuse",
            "confidentiality": "K2",
            "owner_id": str(self.school[Role.DSL].id),
            "due_at": soon(days=2),
            "reason": f"{SENTINEL} reasons",
        }

    async def step(self, api: Api, concern: str, verb: str, body: Any = None) -> Values:
        """Take a concern one step further."""
        path = f"/v1/concerns/{concern}/{verb}"
        return await self.made_by(api, path, body, self.version("concern", concern))

    async def action(self) -> str:
        """An action of the actor's, where the actor can own one."""
        concern = await self.triaged()
        found = await self.made_by(
            self.lead,
            f"/v1/concerns/{concern}/actions",
            {
                "what": f"Ring {SENTINEL}",
                "owner_id": str(self.actor.id),
                "due_at": soon(days=1),
            },
        )
        return str(found["id"])

    async def alert(self) -> str:
        """An alert of the actor's."""
        alert, concern = str(new_id()), await self.concern()
        self.world.sql(
            "insert into alert (school_id, id, recipient_id, kind, urgent, concern_id, matter_id, "
            "created_at) values (%s, %s, %s, 'concern_assigned', false, %s, %s, now())",
            self.school.id,
            alert,
            self.actor.id,
            concern,
            alert,
        )
        self.made.add(alert)
        return alert

    async def around(self, child: str, noun: str, **body: Any) -> str:
        """A contact, relationship, status or identifier of a child."""
        found = await self.made_by(self.lead, f"/v1/children/{child}/{noun}", body)
        return str(found["id"])

    async def contact(self, child: str) -> str:
        """A parent."""
        return await self.around(
            child, "contacts", kind="mother", name=SENTINEL, parental_responsibility="yes"
        )

    async def agency(self) -> str:
        """An agency."""
        found = await self.made_by(self.lead, "/v1/agencies", agency_body())
        return str(found["id"])

    async def share_body(self) -> Values:
        """A body that drafts a share that can be approved."""
        child = await self.child()
        return {
            "child_id": child,
            "recipient": {"via": "contact", "contact_id": await self.contact(child)},
            "purpose": "inform_parent",
            "purpose_detail": f"{SENTINEL} asked",
            "lawful_basis": "public_task",
            "items": [{"kind": "concern", "id": await self.concern(child)}],
        }

    async def share(self, state: str = "draft") -> str:
        """A share, drafted by the deputy, approved by the lead where that is asked for."""
        found = await self.made_by(self.by(Role.DEPUTY_DSL), "/v1/shares", await self.share_body())
        share = str(found["id"])
        if state == "draft":
            return share
        await self.share_step(share, "approve", {"reason": f"{SENTINEL} may know"})
        if state == "handed_over":
            await self.share_step(share, "hand-over", hand_over_body())
        return share

    async def share_step(self, share: str, verb: str, body: Any) -> None:
        """Take a share one step further."""
        path = f"/v1/shares/{share}/{verb}"
        await self.made_by(self.lead, path, body, self.version("share", share))

    async def referral_body(self, agency_id: str | None = None) -> Values:
        """A body that drafts a referral that can be approved, to a new agency or to this one."""
        child = await self.child()
        concern = await self.concern(child)
        return {
            "child_id": child,
            "agency_id": agency_id or await self.agency(),
            "kind": "early_help",
            "urgency": "routine",
            "concern_id": concern,
            "fields": EARLY_HELP,
            "consent": CONSENT,
            "lawful_basis": "public_task",
            "items": [{"kind": "concern", "id": concern}],
        }

    async def referral(self, state: str = "draft", agency_id: str | None = None) -> str:
        """A referral by the deputy, taken on to a state by the lead."""
        body = await self.referral_body(agency_id)
        found = await self.made_by(self.by(Role.DEPUTY_DSL), "/v1/referrals", body)
        referral = str(found["id"])
        wanted = {"draft": 0, "approved": 1, "sent": 2, "answered": 3}[state]
        for verb in ("approve", "send", "outcome")[:wanted]:
            await self.made_by(
                self.lead,
                f"/v1/referrals/{referral}/{verb}",
                REFERRAL_STEPS[verb](),
                self.version("referral", referral),
            )
        return referral

    async def roster_child(self) -> str:
        """A child that the source `mis` sent; answers the id of the row there."""
        child, import_id = await self.child(), await self.roster_import("applied")
        row_id = str(new_id())
        self.world.sql(
            "insert into roster_link (school_id, id, source, kind, source_id, local_id, row_hash,"
            " import_id) values (%s, %s, 'mis', 'child', %s, %s, '', %s)",
            self.school.id, str(new_id()), row_id, child, import_id,
        )  # fmt: skip
        return row_id

    async def roster_import(self, state: str) -> str:
        """A roster import in some state."""
        found = str(new_id())
        self.world.sql(
            "insert into roster_import (school_id, id, source, format, file_name, key, state,"
            " because, created_at, changed_at, ended_at)"
            " values (%s, %s, 'mis', 'oneroster_csv', 'r.zip', 'rosters/x', %s, %s, now(), now(),"
            " now())",
            self.school.id,
            found,
            state,
            "too_many_leavers" if state == "held" else None,
        )
        self.made.add(found)
        return found


def agency_body() -> Values:
    """A body that adds an agency."""
    return {
        "name": f"Police {new_id().hex[-9:]}",
        "kind": "police",
        "route": "phoned",
        "phone": "01632 960001",
        "address": f"{SENTINEL} Road",
    }


def hand_over_body() -> Values:
    """A body that records a hand-over."""
    return {
        "route": "in_person",
        "at": soon(minutes=-1),
        "to": SENTINEL,
        "note": f"{SENTINEL} took it",
    }


REFERRAL_STEPS: dict[str, Callable[[], Values]] = {
    "approve": lambda: {"reason": SENTINEL},
    "send": lambda: {"route": "secure_email", "at": soon(seconds=-1), "to": SENTINEL},
    "acknowledgement": lambda: {"by": SENTINEL, "at": soon(seconds=-1)},
    "outcome": lambda: {"outcome": "declined", "at": soon(seconds=-1), "returned_by": SENTINEL},
}


async def a_school(world: World, kind: str = "school") -> School:
    """A school, or trust, with everybody; its pastoral member works with year 7."""
    school = await world.a_school(kind=kind)
    world.sql(
        """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
        school[Role.PASTORAL].id,
    )
    world.sql(
        "update auth_session set auth_time = now() + interval '2 hours' where organisation_id = %s",
        school.id,
    )  # proofs of identity that stay recent however long the matrix takes
    return school
