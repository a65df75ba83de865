"""Puts, beside what a reader may see, one of everything that can be hidden from them.

By SQL, since whoever may write such things is often not there in a recipe, and since most recipes
would be refused beside some of them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from app.core import clock
from app.core.ids import new_id
from app.core.vocabularies.children import CHILD_STATUS_KINDS
from app.core.words import Role
from tests.owners import Plot
from tests.world import Person, School, World

SEALED = (
    "concern", "action", "share", "referral", "review", "meeting", "concern_case",
    "monitoring_alert", "task", "record", "reintegration", "support_plan", "adult_concern",
    "safety_plan", "amendment", "attachment", "comment", "concern_question", "decision",
    "sanction", "support_list_entry",
)  # fmt: skip
"""Kinds of which each child gets a sealed one."""
OWN_CLASS = ("task", "review", "meeting", "safety_plan")
IN_USE = """
update safety_plan set state = 'in_use', content = '{"made_with": "joint"}', record_id = %s,
  agreed_by = %s, agreed_at = now(), used_at = now()
where id = %s and not exists (
  select from safety_plan o where o.child_id = %s and o.state in ('in_use', 'under_review'))
"""
ITEMS = '[{{"kind": "concern", "id": "{}"}}]'


@dataclass(frozen=True)
class Hider:
    """Who hides what from whom; `kin` is a child whose file the reader is locked out of."""

    world: World
    school: School
    reader: Person
    kin: UUID

    @property
    def lead(self) -> UUID:
        return self.school[Role.DSL].id

    def hide(self, children: list[UUID], concerns: list[UUID]) -> None:
        """Hide something of everything beside some children and concerns."""
        for child in children:
            sealed = self._seal(child)
            self._related(child)
            for concern in concerns:
                self._around(child, concern, sealed)

    def _seal(self, child: UUID) -> UUID:
        """Everything of class K5, or behind a concern of it. Answers that concern."""
        plot = Hidden(self.world, self.school, child)
        for noun in SEALED:
            plot.plant(noun, self.lead)
        ids, of, now = plot.ids, plot.ids["concern"], clock.now()
        self._update(
            "concern", of, confidentiality="K5", reporter_id=self.school[Role.HEADTEACHER].id
        )
        self._update("adult_concern", ids["adult_concern"], reporter_id=self.lead)
        for noun in OWN_CLASS:
            self._update(noun, ids[noun], confidentiality="K5")
        self._update("safety_record", ids["record"], confidentiality="K5")
        self._update("decision", ids["decision"], concern_id=of)
        self._update("sanction", ids["sanction"], record_id=ids["record"])
        self._update("share", ids["share"], items=ITEMS.format(of))
        self._update("referral", ids["referral"], items=ITEMS.format(of))
        self.world.sql(IN_USE, ids["record"], self.lead, ids["safety_plan"], child)
        self._update(
            "monitoring_alert", ids["monitoring_alert"], concern_id=of, state="taken_up",
            ended_at=now, decided_by=self.lead, outcome="concern",
        )  # fmt: skip
        self.world.sql("delete from deadline where thing_id = %s", ids["monitoring_alert"])
        if "support_plan" in ids:
            check_in = plot.plant("check_in", self.lead)
            past = now - timedelta(minutes=5)
            self._update(
                "check_in", check_in, plan_id=ids["support_plan"], opens_at=past, due_at=past
            )
            self.world.sql("update deadline set due_at = %s where thing_id = %s", past, check_in)
        for kind in CHILD_STATUS_KINDS.by_code:
            plot.put(
                "child_status", child_id=child, kind=kind, valid_from=now.date(), source="school",
                confidentiality="K5", added_by=self.lead, created_at=now, changed_at=now,
            )  # fmt: skip
        plot.put(
            "self_harm", id=of, kind_told="thoughts_of_suicide", kind="thoughts_of_suicide",
            told="{}", reported_immediacy="today", begun_by=self.lead, begun_at=now,
            state="lead_told", last_event_at=now, changed_at=now,
        )  # fmt: skip
        self._alert(plot, of)
        for kind in ("concern", "meeting"):
            plot.put(
                "chronology_entry", child_id=child, occurred_at=now, occurred_precision="about",
                recorded_at=now, late=False, kind=kind, thing_id=ids[kind], confidentiality="K5",
                concern_id=of if kind == "concern" else None, author_id=self.lead,
                author_role="dsl",
            )  # fmt: skip
        self._conflict(plot, self.school[Role.STAFF].id, concern_id=of)
        return of

    def _related(self, child: UUID) -> None:
        """What the child has together with the kin, whose file is closed to the reader."""
        plot, now = Hidden(self.world, self.school, child), clock.now()
        plot.put(
            "relationship", child_id=child, other_child_id=self.kin, kind="sibling",
            source="person", added_by=self.lead, confirmed_by=self.lead, confirmed_at=now,
            created_at=now,
        )  # fmt: skip
        both = plot.plant("concern", self.lead)
        self.world.sql(
            "insert into concern_child (school_id, id, child_id, role, position)"
            " values (%s, %s, %s, 'subject', 1)", self.school.id, both, self.kin,
        )  # fmt: skip
        self._update("concern", both, reporter_id=self.school[Role.HEADTEACHER].id)
        self._alert(plot, both)
        group = plot.plant("child_group", self.lead)
        plot.put(
            "child_group_member", id=group, child_id=self.kin, added_by=self.lead, added_at=now
        )

    def _around(self, child: UUID, concern: UUID, sealed: UUID) -> None:
        """What hangs on a concern that the reader sees, and is kept from them or is sealed."""
        plot, now = Hidden(self.world, self.school, child), clock.now()
        plot.ids["concern"] = concern
        for kind in ("other", "check_conflict", "own_report", "tell_reporter"):
            task = plot.plant("task", self.lead)
            self._update("task", task, kind=kind, concern_id=concern, barred=[self.reader.id])
        case = plot.plant("concern_case", self.lead)
        self._update("concern_case", case, concern_ids=[concern, sealed])
        for noun in ("share", "referral"):
            self._update(noun, plot.plant(noun, self.lead), items=ITEMS.format(sealed))
        self._update(
            "referral", plot.ids["referral"], concern_id=concern, state="sent", sent_at=now
        )
        linked = plot.put(
            "linked_concern", rule_id="sh.group3", rule_version="1", fired_at=now,
            confidentiality="K5", event_ids=[concern, sealed], links="[]", state="open",
            version=1, changed_at=now,
        )  # fmt: skip
        for one in (concern, sealed):
            plot.put("linked_row", id=linked, concern_id=one, child_id=child)

    def _alert(self, plot: Plot, concern: UUID) -> None:
        plot.put(
            "alert", kind="concern_assigned", noun="concern", thing_id=concern, matter_id=concern,
            concern_id=concern, recipient_id=self.reader.id, urgent=True, created_at=clock.now(),
        )  # fmt: skip

    def _conflict(self, plot: Plot, staff: UUID, **about: Any) -> None:
        plot.put(
            "conflict", staff_id=staff, kind="named", created_by=self.lead,
            created_at=clock.now(), **about,
        )  # fmt: skip

    def _update(self, table: str, id_: UUID | None, **columns: Any) -> None:
        if id_ is not None:
            sets = ", ".join(f"{name} = %s" for name in columns)
            self.world.sql(f"update {table} set {sets} where id = %s", *columns.values(), id_)  # noqa: S608


class Hidden(Plot):
    """A plot beside records that a recipe made: of what there is one alone, there stays one."""

    def put(self, table: str, **columns: Any) -> UUID:
        """Insert a row; an agency is one that the school has, and a plan has the next number."""
        if table == "agency":
            rows = self.world.sql(
                "select id from agency where school_id = %s order by id limit 1", self.school.id
            )
            return UUID(str(rows[0][0]))
        if table == "safety_plan":
            rows = self.world.sql(
                "select count(*) + 1 from safety_plan where child_id = %s", self.child
            )
            columns["number"] = rows[0][0]
        return super().put(table, **columns)

    def plant(self, noun: str, owner: UUID) -> UUID:
        """Plant one; nothing where the child has one already."""
        try:
            return super().plant(noun, owner)
        except psycopg.errors.UniqueViolation:
            return new_id()
