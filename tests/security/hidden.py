"""Puts, beside what a reader may see, one of everything that can be hidden from them.

By SQL, since whoever may write such things is often not there in a recipe, and since most recipes
would be refused beside some of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from app.core import clock
from app.core.ids import new_id
from app.core.vocabularies.children import CHILD_STATUS_KINDS
from app.core.words import Permission, Role
from app.domain.policy import BUILT_IN
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
ABOUT = """
select jsonb_build_object(
  'name', k.legal_given_name || ' ' || k.legal_family_name, 'date_of_birth', k.date_of_birth,
  'upn', (select i.value from child_identifier i where i.child_id = %s and i.system = 'upn'))::text
from child k where k.id = %s
"""
ITEMS = '[{{"kind": "concern", "id": "{}"}}]'


@dataclass(frozen=True)
class Hider:
    """Who hides what from whom; `kin` is a child whose file the reader is locked out of."""

    world: World
    school: School
    reader: Person
    kin: UUID
    named: bool = False
    """Whether the reader is named in what is hidden, and it is not sealed."""
    without: frozenset[str] = frozenset()
    """Nouns of which nothing is hidden."""

    @property
    def level(self) -> str:
        """The class of what is hidden."""
        return "K3" if self.named else "K5"

    @property
    def lead(self) -> UUID:
        """Who has the work that is hidden: the lead, or the head if it is hidden from the lead."""
        return self.head if self.reader.role is Role.DSL else self.school[Role.DSL].id

    @property
    def head(self) -> UUID:
        """Somebody else who reads much: the head, or the lead if it is hidden from the head."""
        of_head = self.reader.role is Role.HEADTEACHER
        return self.school[Role.DSL if of_head else Role.HEADTEACHER].id

    def _may(self, permission: Permission) -> bool:
        return permission in BUILT_IN[self.reader.role].permissions

    def _plot(self, child: UUID) -> "Hidden":
        plot = Hidden(self.world, self.school, child)
        plot.without = self.without
        return plot

    def bring(self, children: list[UUID]) -> None:
        """Give each child something of what came in part: people see that it came."""
        for child in children:
            plot = self._plot(child)
            plot.plant("past_entry", self.lead)
            came = plot.plant("incoming_transfer", self.lead)
            plot.plant("received_record", self.lead)
            self._update(
                "incoming_transfer", came, state="accepted", ended_at=clock.now(),
                sender='{"name": "Hill Top"}', about=self._about(child, None),
            )  # fmt: skip
            self.world.sql("delete from deadline where thing_id = %s", came)

    def hide(self, children: list[UUID], concerns: list[UUID]) -> None:
        """Hide something of everything beside some children and concerns."""
        for child in children:
            sealed = self._seal(child)
            self._related(child)
            self._passed_on(child)
            self._opened(child, concerns, sealed)
            self._cut_short(child, [*concerns, sealed])
            for concern in concerns:
                self._around(child, concern, sealed)

    def _seal(self, child: UUID) -> UUID:
        """Everything of class K5, or behind a concern of it. Answers that concern."""
        plot = self._plot(child)
        for noun in SEALED:
            plot.plant(noun, self.lead)
        ids, of, now = plot.ids, plot.ids["concern"], clock.now()
        self._update("concern", of, confidentiality=self.level, reporter_id=self.head)
        self._update(
            "adult_concern", ids["adult_concern"], reporter_id=self.lead, children=[child],
            owner_id=self.lead, locked_out=[self.reader.id],
        )  # fmt: skip
        for noun in OWN_CLASS:
            self._update(noun, ids[noun], confidentiality=self.level)
        self._update("safety_record", ids["record"], confidentiality=self.level)
        if self.named:
            self._conflict(plot, self.reader.id, concern_id=of)
            for noun in ("task", "meeting", "safety_plan"):
                self._update(noun, ids[noun], concern_id=of)
            self._update("review", ids["review"], concern_id=of, child_id=None)
            self._update("safety_record", ids["record"], concern_id=of)
        else:
            self._pages(plot)
        plot.put(
            "support_list_entry", child_id=child, reason_code="plan_in_use",
            source_noun="safety_plan", source_id=ids["safety_plan"], until=now, put_at=now,
            changed_at=now,
        )  # fmt: skip
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
        if "self_harm" not in self.without:
            plot.put(
                "self_harm", id=of, kind_told="thoughts_of_suicide", kind="thoughts_of_suicide",
                told="{}", reported_immediacy="today", begun_by=self.lead, begun_at=now,
                state="lead_told", last_event_at=now, changed_at=now,
            )  # fmt: skip
        self._alert(plot, of)
        self._entry(plot, "concern", of, concern_id=of)
        self._entry(plot, "meeting", ids["meeting"], concern_id=of if self.named else None)
        self._conflict(plot, self.school[Role.STAFF].id, concern_id=of)
        return of

    def _related(self, child: UUID) -> None:
        """What the child has together with the kin, whose file is closed to the reader."""
        plot, now = self._plot(child), clock.now()
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
        self._update("concern", both, reporter_id=self.head)
        self._alert(plot, both)
        group = plot.plant("child_group", self.lead)
        plot.put(
            "child_group_member", id=group, child_id=self.kin, added_by=self.lead, added_at=now
        )

    def _passed_on(self, child: UUID) -> None:
        """What goes to other schools and comes from them.

        Who reads transfers is kept from what may as well be about the kin.
        """
        reads = self._may(Permission.TRANSFER_READ)
        plot = self._plot(self.kin if reads else child)
        about = self._about(child, plot.child)
        for noun in ("transfer", "incoming_transfer", "file_request"):
            plot.plant(noun, self.lead)
        for noun in ("incoming_transfer", "file_request"):
            self._update(noun, plot.ids[noun], about=about, child_id=None if reads else child)

    def _pages(self, plot: "Hidden") -> None:
        """Sealed pages of what came, and statuses: they hang on the child alone."""
        now = clock.now()
        entry = plot.another("past_entry", source_id=str(new_id()), confidentiality="K5")
        self._entry(plot, "past_entry", entry)
        page = plot.another("received_record", position=9, confidentiality="K5")
        self._entry(plot, "received_record", page)
        [(file,)] = self.world.sql("select file_id from received_record where id = %s", page)
        plot.put(
            "received_attachment", file_id=file, record_id=page, path="x", file_name="x.pdf",
            content_type="application/pdf", size=1, sha256="0" * 64, key=f"files/{page}",
            state="available", scan_result="clean",
        )  # fmt: skip
        for kind in CHILD_STATUS_KINDS.by_code:
            plot.put(
                "child_status", child_id=plot.child, kind=kind, valid_from=now.date(),
                source="school", confidentiality="K5", added_by=self.lead, created_at=now,
                changed_at=now,
            )  # fmt: skip

    def _entry(self, plot: Plot, kind: str, id_: UUID, **columns: Any) -> None:
        now = clock.now()
        plot.put(
            "chronology_entry", child_id=plot.child, occurred_at=now, occurred_precision="about",
            recorded_at=now, late=False, kind=kind, thing_id=id_, confidentiality=self.level,
            author_id=self.lead, author_role="dsl", **columns,
        )  # fmt: skip

    def _about(self, child: UUID, number_of: UUID | None) -> str:
        """A child as another school names them, with the number of this or another child."""
        text: str = self.world.sql(ABOUT, number_of, child)[0][0]
        return text

    def _opened(self, child: UUID, concerns: Sequence[UUID], sealed: UUID) -> None:
        """Emergency access and a grant of somebody else, and a notice about what they read.

        Who reviews those is kept from those of the sealed concern.
        """
        plot, until = self._plot(child), clock.now() + timedelta(hours=1)
        reviews = self._may(Permission.ACCESS_REVIEW)
        for of in (
            *(() if reviews else (child, *concerns)),
            *((sealed,) if self.named or not reviews else ()),
        ):
            one = {
                "concern_id": None if of is child else of,
                "child_id": child if of is child else None,
            }
            self._update(
                "access_grant", plot.plant("break_glass", self.lead), staff_id=self.head,
                granted_by=self.head, valid_to=until, **one,
            )  # fmt: skip
            plot.put(
                "access_grant", kind="grant", staff_id=self.head, classes=["K2", "K3", "K5"],
                reason="x", granted_by=self.lead, valid_from=clock.now(), created_at=clock.now(),
                valid_to=until, **one,
            )  # fmt: skip
        self._update(
            "reading_notice", plot.plant("reading_notice", self.lead), reader_id=self.reader.id
        )

    def _cut_short(self, child: UUID, concerns: Sequence[UUID]) -> None:
        """Reports that could not be taken: of a child, of each concern, and about an adult.

        Who reads such reports is kept from them by name, but from one of the sealed concern.
        """
        reads = self._may(Permission.SUPPORT_LIST_READ)
        plot, due = self._plot(child), clock.now() + timedelta(days=1)
        *shown, sealed = concerns
        for about in (None, *shown, sealed):
            barred = [self.reader.id] if reads and about != sealed else []
            report = plot.plant("incomplete_report", self.head)
            self._update(
                "incomplete_report", report, thing_id=about, urgent=True, barred=barred,
                operation="raise_concern" if about is None else "amend_concern",
                body=f'{{"children": [{{"child_id": "{child}"}}, {{"child_id": "{self.kin}"}}]}}',
            )  # fmt: skip
            task = plot.plant("task", self.lead)
            self._update(
                "task", task, kind="incomplete_report", child_id=None, urgent=True,
                about_noun="incomplete_report", about_id=report, barred=barred,
            )  # fmt: skip
        of_adult = plot.plant("incomplete_report", self.head)
        self._update(
            "incomplete_report", of_adult, register="adults", owner_id=self.head, due_at=due,
            operation="raise_adult_concern", thing_id=concerns[0], barred=[self.reader.id],
            body=f'{{"child": "{child}"}}',
        )  # fmt: skip
        plot.put(
            "deadline", noun="incomplete_report", thing_id=of_adult, rule_id="set_by_person",
            rule_version="2026-11", ladder="routine", started_at=clock.now(), due_at=due,
            made_by=self.head, made_at=clock.now(), next_at=due,
        )  # fmt: skip

    def _around(self, child: UUID, concern: UUID, sealed: UUID) -> None:
        """What hangs on a concern that the reader sees, and is kept from them or is sealed."""
        plot, now = self._plot(child), clock.now()
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

    without: frozenset[str] = frozenset()

    def __init__(self, *where: Any) -> None:
        super().__init__(*where)
        self.ids = defaultdict(new_id)

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

    def another(self, table: str, **columns: Any) -> UUID:
        """One more of what the child has, but for these columns."""
        columns["id"] = id_ = new_id()
        names = [
            name
            for (name,) in self.world.sql(
                "select column_name from information_schema.columns where table_name = %s", table
            )
            if name not in columns
        ]
        self.world.sql(
            f"insert into {table} ({', '.join([*names, *columns])})"  # noqa: S608
            f" select {', '.join([*names, *('%s' for _ in columns)])} from {table}"
            " where child_id = %s order by id desc limit 1", *columns.values(), self.child,
        )  # fmt: skip
        return id_

    def plant(self, noun: str, owner: UUID) -> UUID:
        """Plant one; nothing where the child has one already, or is to have none."""
        if noun in self.without:
            return new_id()
        try:
            return super().plant(noun, owner)
        except psycopg.errors.UniqueViolation:
            return new_id()
