"""The rows that the row trail vouches for, their names there, and how their hashes are made.

It covers every table of a school, found in the mapped classes, except those named here with a
reason. A row's hash is SHA-256 over the text of a JSON object of all its columns, each secret as
its own SHA-256. Null columns are left out, so that a column added later changes no old hash.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy.dialects.postgresql import JSONB

from app.db.models import Base

SEALED = "it is the sealed log itself"
OWN_USE = "it tells this server how far it is, and nothing about anybody"
DERIVED = "it is made again from rows that are covered"
SIGNING_IN = "it belongs to no one school: persons and how they sign in"
SESSIONS = "it ends within hours"
TYPING = "it becomes an entry of the trail within minutes"
PLANNED = "it is a plan: what follows from it is covered"

NOT_COVERED: Mapping[str, str] = {
    **dict.fromkeys(
        ("trail", "adult_trail", "row_trail", "trail_leaf", "trail_node", "trail_checkpoint"),
        SEALED,
    ),
    **dict.fromkeys(
        (
            "idempotency_key", "reference_counter", "reading_scan", "document_progress",
            "school_export_progress",
            "webhook_progress", "webhook_delivery", "webhook_attempt", "job_progress",
            "periodic_tick", "rate_limit", "restore_hold", "sandbox",
            "scan_round", "late_trail",
        ),
        OWN_USE,
    ),
    "roster_change": PLANNED,
    **dict.fromkeys(("name_token", "child_name_token"), DERIVED),
    **dict.fromkeys(
        (
            "account", "account_identity", "account_token", "passkey", "passkey_challenge",
            "recovery_code", "sign_in_attempt", "sign_in_guard", "sign_in_nonce", "totp_secret",
            "used_id_token",
        ),
        SIGNING_IN,
    ),
    **dict.fromkeys(("past_row",), PLANNED),
    "child_search": TYPING,
    **dict.fromkeys(("auth_session", "refresh_token", "recipient_session"), SESSIONS),
}  # fmt: skip
"""Tables that the row trail does not vouch for, each with the reason."""
COVERED = frozenset(Base.metadata.tables) - NOT_COVERED.keys()

SECRETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "agency": ("webhook_secret",),
        "incoming_transfer": ("sealed_passphrase",),
        "intake_source": ("sealed", "former_sealed"),
        "recipient_link": ("secret_hash", "sealed", "code_mac", "spent_mac"),
        "service_key": ("secret_hash", "former_hash"),
        "transfer": ("sealed_passphrase",),
        "transfer_key": ("sealed_signing", "sealed_receiving"),
        "webhook": ("secret", "former_secret"),
    }
)
"""Columns that would let someone act as another person: no other server ever receives them.

The row trail hashes each one's SHA-256, and only that leaves with a school, so that a line can be
checked against the trail without the secret. All are random, or made with something random.
"""
TOUCHED = """
select '{table}' as tab, k.key, {hash} as hash
from (select named.key, {keys} from jsonb_array_elements_text(:rows::jsonb -> '{table}') named(key)
      offset 0) k
left join lateral (select * from {table} x where {matches} offset 0) t on true"""
"""Keys are split before they are compared: the planner does not know that a cast in a condition
leaks nothing, and under a policy would read the whole school for every transaction.
"""
KNOWN = """
select known.tab, row.key, row.value
from jsonb_each(:known::jsonb) known(tab, hashes) cross join jsonb_each_text(known.hashes) row"""
GATHERED = """(
  select jsonb_object_agg(h.tab, h.hashes) from (
    select x.tab, jsonb_object_agg(x.key, x.hash) as hashes from ({touched}) x group by x.tab) h)"""
ADD_ROWS = """
insert into row_trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
                       details)
select :school_id::uuid, :rows_id::uuid, :at::timestamptz, :actor_id::uuid, :actor_role::text,
       :session_id::uuid, :request_id::text, 'rows.written', 'rows', {details}
"""


@lru_cache(maxsize=256)
def columns_of(table: str) -> tuple[str, ...]:
    """The columns that name a row within its school, in the order of the table's key."""
    mapped = Base.metadata.tables[table]
    return tuple(column.name for column in mapped.primary_key if column.name != "school_id")


def school_column(table: str) -> str:
    """The column that says which school the row belongs to."""
    return "id" if table == "organisation" else "school_id"


@lru_cache(maxsize=1024)
def sealed_row(table: str, row: str) -> str:
    """SQL: a row as JSON, each secret as its SHA-256; `row` is its alias."""
    items = (f"'{item}', to_jsonb(sha256({row}.{item}))" for item in SECRETS.get(table, ()))
    pairs = ", ".join(items)
    whole = f"to_jsonb({row}.*)"  # not a column of the same name
    return f"{whole} || jsonb_build_object({pairs})" if pairs else whole


@lru_cache(maxsize=1024)
def hashed(table: str, row: str) -> str:
    """SQL for the text that a row's hash is made of: PostgreSQL's JSON object, in one order.

    Nulls inside a JSON column stay: those columns are added back after the row's nulls are removed.
    """
    columns = Base.metadata.tables[table].columns
    saved = [column.name for column in columns if isinstance(column.type, JSONB)]
    if not saved:
        return f"jsonb_strip_nulls({sealed_row(table, row)})::text"
    back = "".join(
        f" || case when {row}.{item} <> 'null'::jsonb"
        f" then jsonb_build_object('{item}', {row}.{item}) else '{{}}' end"
        for item in saved
    )
    rest = f"({sealed_row(table, row)}) - array[{', '.join(map(repr, saved))}]"
    return f"(jsonb_strip_nulls({rest}){back})::text"


@lru_cache(maxsize=1024)
def hash_of(table: str, row: str) -> str:
    """SQL: the hash of a row, where `row` is its alias."""
    return f"encode(sha256(convert_to({hashed(table, row)}, 'UTF8')), 'base64')"


@lru_cache(maxsize=1024)
def key_of(table: str, row: str) -> str:
    """SQL: the name of a row within its table, where `row` is its alias."""
    return " || '/' || ".join(f"{row}.{column}::text" for column in columns_of(table))


@lru_cache(maxsize=1024)
def adding(tables: frozenset[str]) -> str:
    """SQL that writes hashes of rows: known ones, and the present ones of rows of these tables.

    It takes `Acting`, `known` (hashes by key by table as JSON), `rows` (the other rows' keys by
    table as JSON; only with `tables`) and `rows_id`, the id of the entry. A missing row's hash is
    null.
    """
    if not tables:
        return ADD_ROWS.format(details=":known::jsonb")
    touched = [
        TOUCHED.format(
            table=table, hash=hash_of(table, "t"), keys=_keys(table), matches=_matches(table)
        )
        for table in sorted(tables)
    ]
    gathered = GATHERED.format(touched="\nunion all".join([*touched, KNOWN]))
    return ADD_ROWS.format(details=gathered)


@lru_cache(maxsize=64)
def adding_all(table: str, gathered: str, new_id: str, size: int) -> str:
    """SQL that writes the hashes of all rows of a table whose keys were gathered.

    It takes `Acting`. An entry holds at most `size` rows.
    """
    return f"""
    insert into row_trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb,
                           noun, details)
    select :school_id, {new_id}, :at, :actor_id, :actor_role, :session_id, :request_id,
           'rows.written', 'rows', h.details
    from (
      select jsonb_build_object('{table}', jsonb_object_agg(r.key, r.hash)) as details
      from (
        select k.key, (row_number() over () - 1) / {size} as part,
          {hash_of(table, "x")} as hash
        from (select distinct named.key, {_keys(table)} from {gathered} named
              where named.tab = '{table}' offset 0) k
        left join {table} x on {_matches(table).replace("::uuid", "")}) r
      group by r.part) h
    """  # noqa: S608 - names of our own tables; values are bound


def _keys(table: str) -> str:
    return ", ".join(
        f"split_part(named.key, '/', {number})::uuid as key_{number}"
        for number, _ in enumerate(columns_of(table), 1)
    )


def _matches(table: str) -> str:
    parts = (f"x.{column} = k.key_{number}" for number, column in enumerate(columns_of(table), 1))
    return " and ".join((f"x.{school_column(table)} = :school_id::uuid", *parts))


def row_key(table: str, row: Any) -> str:
    """The name of a mapped row within its table, as the row trail has it."""
    return "/".join(str(getattr(row, column)) for column in columns_of(table))


class RowPart(NamedTuple):
    """Rows of one entry of the row trail, by table."""

    known: Mapping[str, Mapping[str, str | None]]
    """The hash of each row by its key; None for a deleted row."""
    unread: Mapping[str, Sequence[str]]
    """Keys of rows whose hash is read when the entry is written."""


class Rows:
    """The rows that a transaction wrote, by table; it saves their hashes at its end."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str | None]] = {}
        self._unread: dict[str, set[str]] = {}

    def note(self, table: str, keys: Iterable[str]) -> None:
        """Remember rows of a covered table that are to be read again."""
        known, unread = self._of(table)
        for key in keys:
            known.pop(key, None)
            unread.add(key)

    def note_hashes(self, table: str, hashes: Mapping[str, str | None]) -> None:
        """Remember rows of a covered table as a statement left them."""
        known, unread = self._of(table)
        known.update(hashes)
        unread.difference_update(hashes)

    def read_again(self, tables: Iterable[str]) -> None:
        """Trust no hash of these tables: a statement wrote to them and did not say which rows."""
        for table in tables:
            if known := self._known.get(table):
                self.note(table, [*known])

    def known(self) -> frozenset[str]:
        """Tables noted so far, even those without a written row."""
        return frozenset(self._known)

    def take(self, size: int) -> list[RowPart]:
        """What was noted since the last call, at most `size` rows in each part.

        The tables stay noted.
        """
        rows = [(table, key, True) for table, found in self._known.items() for key in found]
        rows += [(table, key, False) for table, keys in self._unread.items() for key in keys]
        result = [self._part(rows[start : start + size]) for start in range(0, len(rows), size)]
        self._known = {table: {} for table in self._known}
        self._unread = {table: set() for table in self._known}
        return result

    def _of(self, table: str) -> tuple[dict[str, str | None], set[str]]:
        return self._known.setdefault(str(table), {}), self._unread.setdefault(str(table), set())

    def _part(self, rows: Sequence[tuple[str, str, bool]]) -> RowPart:
        known: dict[str, dict[str, str | None]] = {}
        unread: dict[str, list[str]] = {}
        for table, key, is_known in rows:
            if is_known:
                known.setdefault(table, {})[key] = self._known[table][key]
            else:
                unread.setdefault(table, []).append(key)
        return RowPart(known, unread)
