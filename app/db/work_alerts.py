"""The alerts of a unit of work: those that begin or ring, and those that its acts end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.core.alert_ends import ASKED_FIRST, COUNTED, ENDS
from app.core.moments import to_json_bytes
from app.core.verbs import LOOKS, AuditEvent
from app.db.driver import Driver
from app.db.models.duty.alerts import STANDING
from app.db.trails import Register

AGAIN = """(excluded.mail <> 'never' and (excluded.urgent and not a.urgent
      or (select g.rings from given g where g.id = excluded.id)))"""
TELL = f"""
with given as (
  select * from jsonb_to_recordset($3::jsonb) as
    g(id uuid, recipient_id uuid, kind text, urgent boolean, concern_id uuid, action_id uuid,
      noun text, thing_id uuid, matter_id uuid, about_id uuid, counts jsonb, mail text,
      rings boolean, times int, deadline_id uuid, round int, rung int)),
louder as (
  update alert a set ended_at = $2, ended_reason_code = 'overdue', version = a.version + 1
  where a.school_id = $1 and a.acknowledged_at is null and a.ended_at is null
    and a.id = any(array(
      select x.id from given g cross join lateral (
        select o.id, o.recipient_id, o.kind from alert o
        where o.school_id = $1 and o.matter_id = g.matter_id and o.ended_at is null offset 0) x
      where g.deadline_id is not null and x.recipient_id = g.recipient_id
        and x.kind = any($4::text[])))
  returning a.id),
passed as (
  update alert a set ended_at = $2, ended_reason_code = 'rings_again', version = a.version + 1
  where a.school_id = $1 and a.acknowledged_at is null and a.ended_at is null
    and a.id = any(array(
      select x.id
      from (select distinct g.deadline_id, g.round from given g where g.deadline_id is not null) r
      cross join lateral (
        select o.id, o.recipient_id, o.kind from alert o
        where o.school_id = $1 and o.deadline_id = r.deadline_id and o.round < r.round
          and o.acknowledged_at is null and o.ended_at is null
        offset 0) x
      where not exists (select from given g where g.deadline_id = r.deadline_id
                        and g.recipient_id = x.recipient_id and g.kind = x.kind)))
  returning a.id),
told as (
  insert into alert as a (school_id, id, recipient_id, kind, urgent, concern_id, action_id, noun,
    thing_id, matter_id, about_id, counts, mail, times, created_at, deadline_id, round, rung,
    rung_at, version)
  select $1, g.id, g.recipient_id, g.kind, g.urgent, g.concern_id, g.action_id, g.noun,
    g.thing_id, g.matter_id, g.about_id, g.counts, g.mail, g.times, $2, g.deadline_id, g.round,
    g.rung, case when g.deadline_id is not null then $2 end, 1
  from given g order by g.recipient_id, g.matter_id, g.kind
  on conflict (school_id, recipient_id, kind, matter_id, about_id) where {STANDING}
  do update set
    times = a.times + excluded.times, urgent = a.urgent or excluded.urgent,
    deadline_id = coalesce(excluded.deadline_id, a.deadline_id),
    round = coalesce(excluded.round, a.round), rung = coalesce(excluded.rung, a.rung),
    counts = case when a.counts is null or excluded.counts is null or a.kind = any($5::text[])
      then coalesce(excluded.counts, a.counts)
      else (select jsonb_object_agg(s.key, s.total) from (
        select c.key, sum(c.value::int) as total
        from (select * from jsonb_each_text(a.counts) union all
              select * from jsonb_each_text(excluded.counts)) c group by c.key) s) end,
    rung_at = case when {AGAIN} then $2 else a.rung_at end,
    sent_at = case when {AGAIN} then null else a.sent_at end,
    mail = case when not {AGAIN} then a.mail when a.sent_at is null
      then least(a.mail, excluded.mail) else excluded.mail end,
    version = a.version + 1
  returning a.id, a.recipient_id, a.kind, a.urgent, a.mail, a.rung_at = $2 as rang)
select coalesce(jsonb_agg(jsonb_build_array(t.id, t.recipient_id, t.kind, t.urgent, t.mail, t.rang)
    ), '[]')::text as told
from told t
"""  # noqa: S608 - constants alone
"""Begins alerts or adds to standing ones; the ladder's replace those that came first.

A standing alert rings again if the caller asks, or if it was less urgent.
"""


class WrittenAlert(NamedTuple):
    """An alert that was written: a new one, or a standing one that was added to."""

    id: UUID
    recipient_id: UUID
    kind: str
    urgent: bool
    mail: str
    rang: bool

    @classmethod
    def read(cls, row: Sequence[Any]) -> "WrittenAlert":
        """Read one from the statement's answer."""
        id_, recipient, kind, urgent, mail, rang = row
        return cls(UUID(id_), UUID(recipient), kind, urgent, mail, bool(rang))


class AlertsOfWork:
    """The alerts of one unit of work, kept until it writes."""

    def __init__(self) -> None:
        self._new: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._ends: list[dict[str, Any]] = []
        self._did: dict[str, str] = {}

    def tell(self, alert: Mapping[str, Any]) -> None:
        """Add an alert to write; a second one about the same matter only raises its count."""
        key = tuple(alert.get(name) for name in ("recipient_id", "kind", "matter_id", "about_id"))
        pending = self._new.setdefault(key, {**alert, "times": 0})
        pending["times"] += 1
        for name in ("urgent", "rings"):
            pending[name] = pending[name] or alert[name]
        pending["mail"] = min(pending["mail"], alert["mail"])

    def note(self, did: AuditEvent, resource_id: UUID | None) -> None:
        """Remember an action on a record, and which of its alerts end."""
        if resource_id is None or did in LOOKS:
            return
        self._did[str(resource_id)] = did.value
        if (ends := ENDS.get(did)) is not None:
            self._ends.append(
                {
                    "matter_id": str(resource_id), "because": did.value,
                    "kinds": sorted(ends.everybodys), "own": sorted(ends.own), "rang": False,
                }
            )  # fmt: skip

    def end(self, matter_id: UUID, reason: str, kinds: Sequence[str] | None = None) -> None:
        """End the alerts of a matter that is not a record: of some kinds, or all."""
        self._ends.append(
            {
                "matter_id": str(matter_id), "because": reason, "kinds": kinds, "own": [],
                "rang": False,
            }
        )  # fmt: skip

    def ends(self, clocks: Iterable[Mapping[str, Any]], by: UUID | None) -> str | None:
        """The alerts ended by acts or by stopped or restarted clocks, as JSON; None for none."""
        items = [*self._ends, *map(self._of_clock, clocks)]
        self._ends = []
        for item in items:
            item["by_id"] = by and str(by)
        return orjson.dumps(items).decode() if items else None

    def _of_clock(self, clock: Mapping[str, Any]) -> dict[str, Any]:
        """A record that ends needs no alert; a new due time stops the old one's ringing."""
        matter_id, ended = clock["thing_id"], clock.get("id") is None
        return {
            "matter_id": matter_id, "because": self._did.get(matter_id, clock["because"]),
            "kinds": None if ended else [], "own": [], "rang": True,
        }  # fmt: skip

    async def write(
        self, driver: Driver, school_id: UUID, now: datetime
    ) -> list[tuple[WrittenAlert, bool, Register]]:
        """Write the alerts. Answers each with whether it is new, and the trail to record it in."""
        new, self._new = list(self._new.values()), {}
        if not new:
            return []
        registers: dict[str, Register] = {item["kind"]: item.pop("register") for item in new}
        ids = {item["id"] for item in new}
        row = await driver.write(
            TELL, school_id, now, to_json_bytes(new, texts=True).decode(), sorted(ASKED_FIRST),
            sorted(COUNTED),
        )  # fmt: skip
        items = [WrittenAlert.read(item) for item in orjson.loads(row["told"] if row else "[]")]
        return [(item, item.id in ids, registers[item.kind]) for item in items]
