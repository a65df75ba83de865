"""The temporary tables of a roster file during comparison; they end with the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID


class StagedPerson(NamedTuple):
    """One person of the file, ready to compare; fields in the order of `staged_person`.

    `kind` is child, staff, contact, gone (marked as deleted) or other (seen, not used). `row_hash`
    covers the imported fields of the row, except accounts.
    """

    position: int
    line: int
    kind: str
    source_id: str
    row_hash: str
    given: str | None = None
    family: str | None = None
    middle: str | None = None
    known_given: str | None = None
    known_family: str | None = None
    name: str | None = None
    date_of_birth: date | None = None
    sex: str | None = None
    year_group: str | None = None
    registration_group: str | None = None
    begins: date | None = None
    email: str | None = None
    phone: str | None = None
    contact_kind: str | None = None
    also_at: list[str] | None = None


class StagedName(NamedTuple):
    """A person's list and search names, and the id to use if nobody matches."""

    new_id: UUID
    sort_name: str | None = None
    tokens: Sequence[str] | None = None


class StagedIdentifier(NamedTuple):
    """One number of one staged child."""

    position: int
    system: str
    value: str


class StagedAccount(NamedTuple):
    """An email address or user name of one staged child, in lower case."""

    position: int
    system: str
    value: str


class StagedAgent(NamedTuple):
    """One user's row names another: a parent names a child, or a child a parent."""

    user_id: str
    agent_id: str


@dataclass(slots=True)
class Place:
    """A pupil's class: its first day and the homeroom's title."""

    begins: date | None = None
    group: str | None = None


@dataclass(slots=True)
class Batch:
    """Staged rows, and the number of package rows read so far."""

    people: list[StagedPerson] = field(default_factory=list)
    names: list[StagedName] = field(default_factory=list)
    """Made when the rows are copied: a file without new people needs none."""
    identifiers: list[StagedIdentifier] = field(default_factory=list)
    accounts: list[StagedAccount] = field(default_factory=list)
    agents: list[StagedAgent] = field(default_factory=list)
    done: int = 0


# A large merge takes longer than a request may, and the file is read inside the transaction. The
# sets are joined by hash whatever the statistics: just after a first import they are stale. The
# usual 4 MB of memory would join and sort a large school's sets on disk.
SETTINGS = """
select set_config('statement_timeout', '900000', true),
       set_config('idle_in_transaction_session_timeout', '900000', true),
       set_config('lock_timeout', '60000', true),
       set_config('enable_nestloop', 'off', true),
       set_config('work_mem', '32MB', true)
"""

CREATE = (
    """
    create temporary table staged_person (
      position int not null, line int not null, kind text not null, source_id text not null,
      new_id uuid not null, row_hash text not null, given text, family text, middle text,
      known_given text, known_family text, name text, sort_name text, tokens text[],
      date_of_birth date, sex text, year_group text, registration_group text, begins date,
      email text, phone text, contact_kind text, also_at text[],
      local_id uuid, old_hash text, old_also_at text[], linked boolean not null default false,
      returns boolean not null default false, keeps_known boolean not null default false,
      renumbered boolean not null default false,
      fate text not null default 'unchanged', fields text[] not null default '{}'
    ) on commit drop
    """,
    """
    create temporary table staged_identifier (
      position int not null, system text not null, value text not null
    ) on commit drop
    """,
    """
    create temporary table known_identifier (
      id uuid not null, child_id uuid not null, system text not null, value text not null,
      replaceable boolean not null
    ) on commit drop
    """,
    """
    create temporary table staged_account (
      position int not null, system text not null, value text not null
    ) on commit drop
    """,
    """
    create temporary table known_account (
      id uuid not null, child_id uuid not null, system text not null, value text not null,
      owned boolean not null, ends boolean not null default false
    ) on commit drop
    """,
    """
    create temporary table staged_agent (user_id text not null, agent_id text not null)
    on commit drop
    """,
    """
    create temporary table staged_contact (
      line int not null, source_id text not null, link_source text not null,
      child_id uuid not null, new_id uuid not null, row_hash text not null, name text,
      email text, phone text, contact_kind text, local_id uuid, old_hash text,
      linked boolean not null default false, returns boolean not null default false,
      fate text not null default 'unchanged', fields text[] not null default '{}'
    ) on commit drop
    """,
    """
    create temporary table staged_leaver (
      link_id uuid not null, kind text not null, local_id uuid not null, ends boolean not null
    ) on commit drop
    """,
    """
    create temporary table staged_fault (line int not null, kind text not null, code text not null)
    on commit drop
    """,
    """
    create temporary table staged_written (
      tab text not null, key text not null, change jsonb, place bigint generated always as identity
    ) on commit drop
    """,
    """
    create temporary table staged_change (
      verb text not null, noun text not null, noun_id uuid not null, child_id uuid,
      before_hash text, after_hash text, fields text[] not null
    ) on commit drop
    """,
)
ANALYZE = (
    "create index on staged_person (source_id)",
    "create index on staged_person (position)",
    "create index on staged_identifier (position)",
    "analyze staged_person",
    "analyze staged_identifier",
    "analyze staged_agent",
)
