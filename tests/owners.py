"""Puts one open thing of every noun into a school, each with its clock, for tests of owners."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.db.repositories.duty.open_things import OWNED
from app.domain.common.owners.queries import ownerless
from app.domain.common.owners.rules import OwnedResource
from tests.world import Person, School, World

OF_LEADS = (
    "concern", "action", "share", "referral", "review", "meeting", "concern_case",
    "monitoring_alert", "break_glass", "reading_notice", "role_proposal", "drill", "webhook",
    "transfer",
    "incoming_transfer", "file_request", "task", "check_in",
)  # fmt: skip
HOLDERS: dict[Role, tuple[str, ...]] = {
    Role.DSL: OF_LEADS,
    Role.HEADTEACHER: ("adult_concern",),
    Role.SCHOOL_ADMIN: ("failed_job",),
}
"""Whose daily work each noun is."""
NO_CLOCK = (
    "webhook", "record", "safety_plan", "status", "amendment", "attachment", "child", "comment",
    "contact", "decision", "identifier", "reintegration", "sanction", "sharing_exception",
    "support_list_entry", "support_plan", "bereavement_case",
    "incomplete_report", "concern_question", "past_entry", "child_group", "received_record",
)  # fmt: skip


class Plot:
    """What was planted in a school."""

    def __init__(self, world: World, school: School, child: UUID) -> None:
        self.world, self.school, self.child = world, school, child
        self.ids: dict[str, UUID] = {}

    def put(self, table: str, **columns: Any) -> UUID:
        """Insert a row of the school."""
        row = {"school_id": self.school.id, "id": new_id(), **columns}
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        self.world.sql(f"insert into {table} ({names}) values ({places})", *row.values())  # noqa: S608
        id_: UUID = row["id"]
        return id_

    def plant(self, noun: str, owner: UUID) -> UUID:
        """One open thing of a noun, due tomorrow."""
        due = clock.now() + timedelta(days=1)
        id_: UUID = getattr(self, f"_{noun}")(owner, due)
        self.ids[noun] = id_
        if noun not in NO_CLOCK:
            self.put(
                "deadline", noun=noun, thing_id=id_, rule_id="set_by_person",
                rule_version="2026-11", ladder="routine", started_at=clock.now(), due_at=due,
                made_by=owner, made_at=clock.now(), next_at=due,
            )  # fmt: skip
        return id_

    def owner_of(self, noun: str) -> UUID:
        """Who owns what was planted."""
        table = OWNED[noun].table
        rows = self.world.sql(f"select owner_id from {table} where id = %s", self.ids[noun])  # noqa: S608
        owner: UUID = rows[0][0]
        return owner

    def _concern(self, owner: UUID, due: Any) -> UUID:
        now, id_ = clock.now(), new_id()
        self.put(
            "concern", id=id_, reference=f"C-{id_.hex[-8:]}",
            reporter_id=self.school[Role.STAFF].id, recorded_at=now, occurred_at=now,
            occurred_precision="about", source="observation", immediacy="today",
            reported_categories=["not_sure"], told_already="[]", state="in_progress",
            confidentiality="K3", categories=["not_sure"], owner_id=owner, due_at=due,
            changed_at=now,
        )  # fmt: skip
        self.world.sql(
            "insert into concern_child (school_id, id, child_id, role, position)"
            " values (%s, %s, %s, 'subject', 0)",
            self.school.id, id_, self.child,
        )  # fmt: skip
        return id_

    def _action(self, owner: UUID, due: Any) -> UUID:
        return self.put(
            "action", concern_id=self.ids["concern"], what="Phone home.", owner_id=owner,
            due_at=due, state="open", set_by=owner, set_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip

    def _share(self, owner: UUID, due: Any) -> UUID:
        id_ = new_id()
        return self.put(
            "share", id=id_, reference=f"S-{id_.hex[-8:]}", child_id=self.child,
            recipient_kind="other", recipient='{"name": "x"}', purpose="inform_parent",
            items="[]", state="draft", owner_id=owner, due_at=due, drafted_by=owner,
            drafted_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip

    def _referral(self, owner: UUID, due: Any) -> UUID:
        id_, now = new_id(), clock.now()
        agency = self.put(
            "agency", name="Police", kind="police", route="phoned", created_at=now, changed_at=now
        )
        return self.put(
            "referral", id=id_, reference=f"R-{id_.hex[-8:]}", child_id=self.child,
            kind="early_help", agency_id=agency, urgency="routine", fields="{}", items="[]",
            state="draft", owner_id=owner, due_at=due, drafted_by=owner, drafted_at=now,
            changed_at=now,
        )  # fmt: skip

    def _past_entry(self, owner: UUID, due: Any) -> UUID:
        now, id_ = clock.now(), new_id()
        brought = self.put(
            "past_import", kind="concern", source="x", file_name="x.csv", key=str(id_),
            sha256="0", size=1, plan_only=False, confidentiality="K3", state="applied",
            created_at=now, changed_at=now,
        )  # fmt: skip
        self.put("past_problem", import_id=brought, position=1, line=1, code="row_ragged")
        self.put("past_child", source="x", reference=f"text:{id_}")
        self.put(
            "past_mapping", source="x", kind="note", header=str(id_), mapping="{}",
            confirmed_at=now, confirmed_by=self.school[Role.DSL].id,
        )  # fmt: skip
        self.put(
            "past_author", import_id=brought, source="x", source_id=str(id_), sha256="0",
            name="Mrs J Bell",
        )  # fmt: skip
        return self.put(
            "past_entry", id=id_, child_id=self.child, child_role="subject", import_id=brought,
            source="x", kind="concern", source_id=str(id_), occurred_at=now,
            occurred_unit="day", occurred_about=False, confidentiality="K3", source_categories=[],
            categories=[], text="x", details="{}", open=True, significant=False, links=[],
            redacted=False, line=2, row_sha256="0", cells="{}", imported_at=now, changed_at=now,
        )  # fmt: skip

    def _received_record(self, owner: UUID, _due: Any) -> UUID:
        now, sha = clock.now(), secrets.token_hex(32)
        file = self.put(
            "received_file", child_id=self.child, incoming_id=self.ids["incoming_transfer"],
            format="cairn-file/1", origin='{"name": "Hill Top"}', manifest_sha256=sha,
            records=1, attachments=0, accepted_by=owner, received_at=now,
        )  # fmt: skip
        return self.put(
            "received_record", file_id=file, child_id=self.child, position=0, number="1",
            kind="concern", confidentiality="K3", occurred_at=now, occurred_precision="exact",
            recorded_at=now, origin="x", content="{}",
        )  # fmt: skip

    def _review(self, owner: UUID, due: Any) -> UUID:
        return self.put(
            "review", child_id=self.child, what="How is it at home?", confidentiality="K3",
            owner_id=owner, due_at=due, set_by=owner, set_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip

    def _meeting(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "meeting", kind="core_group", child_id=self.child, confidentiality="K3",
            starts_at=now, invited="[]", papers="[]", owner_id=owner, due_at=due, state="planned",
            set_by=owner, set_at=now, changed_at=now,
        )  # fmt: skip

    def _concern_case(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "concern_case", child_id=self.child, concern_ids=[self.ids["concern"]], title="x",
            plan="x", owner_id=owner, due_at=due, set_by=owner, set_at=now, changed_at=now,
        )  # fmt: skip

    def _monitoring_alert(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        source = self.put(
            "intake_source", name=f"Filter {new_id().hex[-9:]}", kind="filtering",
            severities="{}", categories="{}", identifiers=[], sealed=b"x", created_by=owner,
            created_at=now, changed_at=now,
        )  # fmt: skip
        return self.put(
            "monitoring_alert", source_id=source, external_id=str(new_id()), occurred_at=now,
            received_at=now, severity="high", severity_known=True, child_id=self.child,
            confidence="certain", state="open", last_at=now, owner_id=owner, due_at=due,
            changed_at=now,
        )  # fmt: skip

    def _break_glass(self, owner: UUID, due: Any) -> UUID:
        now, breaker = clock.now(), self.school[Role.PASTORAL].id
        return self.put(
            "access_grant", kind="break_glass", staff_id=breaker, child_id=self.child,
            classes=["K2"], reason="x", granted_by=breaker, valid_from=now - timedelta(hours=2),
            valid_to=now - timedelta(hours=1), created_at=now, owner_id=owner, due_at=due,
        )  # fmt: skip

    def _reading_notice(self, owner: UUID, due: Any) -> UUID:
        now, id_ = clock.now(), new_id()
        return self.put(
            "reading_notice", id=id_, rule="many_files", rule_version="1", measured="{}",
            reader_id=self.school[Role.PASTORAL].id, child_id=self.child, since=now, until=now,
            entries=[], dedupe=str(id_), owner_id=owner, due_at=due, created_at=now,
        )  # fmt: skip

    def _role_proposal(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "role_proposal", staff_id=self.school[Role.STAFF].id, role="deputy_dsl",
            group_id=new_id(), group_name="Leads", group_member_id=new_id(), state="proposed",
            owner_id=owner, due_at=due, created_at=now,
        )  # fmt: skip

    def _task(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "task", kind="other", child_id=self.child, confidentiality="K3", owner_id=owner,
            due_at=due, urgent=False, barred=[], facts="{}", set_at=now, state="open",
            changed_at=now,
        )  # fmt: skip

    def _check_in(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "check_in", child_id=self.child, owner_id=owner,
            cover_id=self.school[Role.HEADTEACHER].id, opens_at=due - timedelta(hours=1),
            due_at=due, state="open", made_at=now, changed_at=now,
        )  # fmt: skip

    def _drill(self, owner: UUID, due: Any) -> UUID:
        return self.put(
            "drill", ladder="routine", owner_id=owner, due_at=due, started_by=owner,
            started_at=clock.now(),
        )  # fmt: skip

    def _webhook(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "webhook", url="https://hook.example/x", kinds=[], state="active", owner_id=owner,
            sponsor_id=owner, sponsor_role="dsl", secret=b"x", created_by=owner, created_at=now,
            changed_at=now,
        )  # fmt: skip

    def _adult_concern(self, owner: UUID, due: Any) -> UUID:
        now, id_ = clock.now(), new_id()
        return self.put(
            "adult_concern", id=id_, reference=f"A-{id_.hex[-8:]}", occurred_precision="about",
            reporter_id=self.school[Role.STAFF].id, recorded_at=now, kind="low_level",
            occurred_at=now, children=[], immediate_risk=False, anonymity_asked=False,
            reported_about="{}", adult_name="Jo Fen", adult_role="volunteer", about_head=False,
            locked_out=[], namesakes=[], state="raised", harm_tests=[], owner_id=owner, due_at=due,
            changed_at=now,
        )  # fmt: skip

    def _transfer(self, owner: UUID, due: Any) -> UUID:
        id_, now = new_id(), clock.now()
        return self.put(
            "transfer", id=id_, reference=f"T-{id_.hex[-8:]}", child_id=self.child,
            reason_code="left_in_year", destination_kind="unknown", destination="{}",
            state="prepared", owner_id=owner, due_at=due, prepared_at=now, changed_at=now,
        )  # fmt: skip

    def _incoming_transfer(self, owner: UUID, due: Any) -> UUID:
        id_, now = new_id(), clock.now()
        return self.put(
            "incoming_transfer", id=id_, reference=f"I-{id_.hex[-8:]}", sender="{}", signer="{}",
            about="{}", key=f"packets/{id_}", size=1, sha256=secrets.token_hex(32),
            manifest_sha256=secrets.token_hex(32), received_at=now, state="waiting",
            child_id=self.child, owner_id=owner, due_at=due, changed_at=now,
        )  # fmt: skip

    def _file_request(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "file_request", direction="made",
            child_id=self.child, other='{"name": "Hill Top"}', about="{}", state="open",
            made_by=owner, made_at=now, owner_id=owner, due_at=due, changed_at=now,
        )  # fmt: skip

    def _failed_job(self, owner: UUID, due: Any) -> UUID:
        return self.put(
            "failed_job", job_id=new_id().int % 10**15, task="x", queue="default", priority=0,
            args="{}", attempts=1, error="x", failed_at=clock.now(), owner_id=owner, due_at=due,
        )  # fmt: skip

    def _record(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "safety_record", child_id=self.child, concern_id=self.ids["concern"],
            kind="support_note", content="{}", summary="A note.", occurred_at=now,
            occurred_precision="exact", recorded_at=now, late=False, confidentiality="K3",
            by_id=owner, by_role="dsl", post_event=False,
        )  # fmt: skip

    def _safety_plan(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "safety_plan", child_id=self.child, number=1, state="draft", confidentiality="K3",
            content="{}", lead_id=owner, chosen_adult_id=owner, made_by=owner, made_at=now,
            changed_at=now,
        )  # fmt: skip

    def _status(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "child_status", child_id=self.child, kind="child_in_need", valid_from=now.date(),
            source="school", confidentiality="K4", added_by=owner, created_at=now, changed_at=now,
        )  # fmt: skip

    def _amendment(self, owner: UUID, _due: Any) -> UUID:
        return self.put(
            "amendment", concern_id=self.ids["concern"], kind="addition", text="x", reason="x",
            author_id=owner, recorded_at=clock.now(),
        )  # fmt: skip

    def _attachment(self, owner: UUID, _due: Any) -> UUID:
        return self.put(
            "attachment", concern_id=self.ids["concern"], file_name="x.pdf",
            content_type="application/pdf", size=1, sha256=secrets.token_hex(32),
            key=f"files/{new_id()}", added_by=owner, recorded_at=clock.now(),
        )  # fmt: skip

    def _child(self, _owner: UUID, _due: Any) -> UUID:
        return self.child

    def _comment(self, owner: UUID, _due: Any) -> UUID:
        return self.put(
            "comment", concern_id=self.ids["concern"], text="x", author_id=owner,
            recorded_at=clock.now(),
        )  # fmt: skip

    def _concern_question(self, owner: UUID, _due: Any) -> UUID:
        return self.put(
            "concern_question", concern_id=self.ids["concern"], text="x", asked_by=owner,
            asked_at=clock.now(),
        )  # fmt: skip

    def _contact(self, _owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "contact", child_id=self.child, kind="mother", name="Jo Fen", source="by_hand",
            created_at=now, changed_at=now,
        )  # fmt: skip

    def _decision(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "decision", child_id=self.child, kind="other", question="x", options=[],
            decision="x", reason="x", advice="[]", decided_by=owner, decided_at=now,
            recorded_at=now,
        )  # fmt: skip

    def _identifier(self, _owner: UUID, _due: Any) -> UUID:
        return self.put(
            "child_identifier", child_id=self.child, system="mis", value=str(new_id()),
            source="by_hand", created_at=clock.now(),
        )  # fmt: skip

    def _reintegration(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "reintegration", child_id=self.child, concern_id=self.ids["concern"],
            record_id=self.ids["record"], set_by=owner, set_at=now, changed_at=now,
        )  # fmt: skip

    def _sanction(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "sanction", child_id=self.child, kind="sent_out", day=now.date(), school_reason="x",
            sent_by=owner, sent_at=now,
        )  # fmt: skip

    def _sharing_exception(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "sharing_exception", child_id=self.child, contact_id=self.ids["contact"], mark="x",
            asked_by=owner, asked_at=now, asked_reason="x", until=due, changed_at=now,
        )  # fmt: skip

    def _support_list_entry(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "support_list_entry", child_id=self.child, reason_code="stated", source_noun="concern",
            source_id=self.ids["concern"], until=due, put_at=now, put_by=owner, changed_at=now,
        )  # fmt: skip

    def _support_plan(self, owner: UUID, due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "support_plan", child_id=self.child, record_id=self.ids["record"], adult_id=owner,
            cover_id=self.school[Role.STAFF].id, windows="[]", cadence="[]",
            began_on=now.date(), review_due_at=due, made_at=now, made_by=owner, changed_at=now,
        )  # fmt: skip

    def _bereavement_case(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        case = self.put(
            "bereavement_case", state="proposed", person_died="child", child_id=self.child,
            learned_from="family", cause_wording="not_known", cause_approvals="[]", lead_id=owner,
            proposed_by=owner, proposed_at=now, changed_at=now,
        )  # fmt: skip
        self.put(
            "bereavement_member", case_id=case, role="lead", staff_id=owner, added_at=now,
            added_by=owner,
        )  # fmt: skip
        return case

    def _child_group(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        group = self.put(
            "child_group", kind="friends", source="person", stated_by=owner, stated_at=now,
            changed_at=now,
        )  # fmt: skip
        return self.put(
            "child_group_member", id=group, child_id=self.child, added_by=owner, added_at=now
        )

    def _incomplete_report(self, owner: UUID, _due: Any) -> UUID:
        now = clock.now()
        return self.put(
            "incomplete_report", reporter_id=owner, operation="raise_concern",
            register="children", about_head=False, signed_in=True, body="x", cut=False,
            digest=b"x", asks=[], urgent=False, barred=[], received_at=now, times=1, last_at=now,
            state="open", changed_at=now,
        )  # fmt: skip


async def a_plot(world: World, school: School, owner: Person, *nouns: str) -> Plot:
    """A school where somebody owns one thing of each noun."""
    plot = Plot(world, school, await school.child())
    for noun in nouns:
        plot.plant(noun, owner.id)
    return plot


async def orphans_of(world: World, school: School) -> list[OwnedResource]:
    """Whatever is open in a school whose owner is not live."""
    async with world.work(school.id) as work:
        return await ownerless(work)
