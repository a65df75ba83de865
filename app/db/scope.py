"""The school scope that begins every transaction, and the actor as the database knows them."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import NIL
from app.core.words import PERMISSION_BY_NAME, Actor, Cohort, Conflicts, Grant, Permission, Rights
from app.db.driver import Driver
from app.db.faults import LOCKED, sqlstate_of
from app.db.former import with_former

Fetch = Callable[..., Awaitable[Mapping[str, Any] | None]]
"""Reads the first row of a statement, or None."""
SYSTEM_SCOPE = """
select set_config('app.school_id', $1, true), set_config('app.account_id', $2, true)
"""

# The lateral keeps the order: the scope is set before a policy of the inner tables reads it.
# Its `limit 1` stops the planner from joining the two in another order.
SCOPED = """
select facts.*, true as claimed
from (select set_config('app.school_id', $1, true) as school,
             set_config('app.account_id', $2, true) as account offset 0) scope
cross join lateral (FACTS) facts
"""
# The key is claimed for the scope's own row, so the scope is set before its policy is asked.
SCOPED_AND_CLAIMED = """
with scope as materialized (
  select set_config('app.school_id', $1, true) as school,
         set_config('app.account_id', $2, true) as account),
claimed as (
  insert into idempotency_key (school_id, actor_id, key, fingerprint, created_at)
  select scope.school::uuid, scope.account::uuid, $KEY::text, $MADE_OF::bytea, $AT::timestamptz
  from scope
  on conflict (school_id, actor_id, key) do nothing
  returning true)
select facts.*, exists (select from claimed) as claimed
from scope cross join lateral (FACTS) facts
"""
KEEPS_SIGHT = """
    (m.role in ('dsl', 'deputy_dsl', 'headteacher')
     or exists (select from school_role r where r.school_id = m.school_id and r.slug = m.role
                and r.ended_at is null and 'bereavement:read' = any(r.permissions))
     or exists (select from bereavement_member t where t.school_id = m.school_id
                and t.case_id = f.case_id and t.left_at is null
                and m.staff_id in (t.staff_id, t.deputy_id))
     or exists (select from access_grant g where g.school_id = m.school_id
                and g.staff_id = m.staff_id and g.ended_at is null
                and (g.child_id = f.child_id or g.concern_id in (
                  select k.id from concern_child k
                  where k.school_id = m.school_id and k.child_id = f.child_id))
                and g.valid_from <= NOW::timestamptz and g.valid_to > NOW::timestamptz)
     or exists (select from concern_child k
                join concern c on c.school_id = m.school_id and c.id = k.id
                  and c.ended_at is null and c.frozen_at is null
                left join action a on a.school_id = m.school_id and a.concern_id = c.id
                  and a.state = 'open' and a.owner_id = m.staff_id
                where k.school_id = m.school_id and k.child_id = f.child_id
                  and (c.owner_id = m.staff_id or a.id is not null)))
"""
"""Who still opens the file (alias `f`) of a child who died.

Leads, heads and the team, people with a grant for it, and people with open work that is also
about a living child.
"""
MEMBER_FACTS = """
    m.cohort::text as cohort,
    (select json_build_object('permissions', r.permissions, 'classes', r.classes,
       'cohort_classes', r.cohort_classes, 'cohort_only', r.cohort_only)::text
     from school_role r where r.school_id = m.school_id and r.slug = m.role
       and r.ended_at is null) as rights,
    (select json_agg(json_build_array(n.id, x.concern_id))::text
     from conflict x cross join lateral FORMER n
     where x.school_id = m.school_id and x.staff_id = m.staff_id and x.ended_at is null
       and x.state <> 'suggested') as conflicts,
    (select json_agg(f.child_id)::text from frozen_file f
     where f.school_id = m.school_id and f.undone_at is null and not KEEPS_SIGHT) as limited,
    (select json_agg(json_build_array(g.id, g.kind, g.classes, g.child_id, g.concern_id))::text
     from access_grant g
     where g.school_id = m.school_id and g.staff_id = m.staff_id and g.ended_at is null
       and g.valid_from <= NOW::timestamptz and g.valid_to > NOW::timestamptz) as grants
"""
MEMBER_FACTS = MEMBER_FACTS.replace("KEEPS_SIGHT", KEEPS_SIGHT).replace(
    "FORMER", with_former("x.child_id", "x.school_id")
)
"""The facts that decide what a membership (alias `m`) sees at `NOW`; explanations load them too."""
MAY_BE_BOUND = """
    (exists (select from conflict x
             where x.school_id = m.school_id and x.staff_id = m.staff_id and x.ended_at is null)
     or exists (select from frozen_file f
                where f.school_id = m.school_id and f.undone_at is null)
     or exists (select from access_grant g
                where g.school_id = m.school_id and g.staff_id = m.staff_id
                  and g.ended_at is null))
"""
"""Whether a membership may have conflicts, limited files or grants: true if it has any.

Reading them takes eight more tables, which the database would prepare for every request.
"""
LIVE = """
    m.valid_from <= (NOW::timestamptz at time zone 'Europe/London')::date
    and (m.valid_to is null or m.valid_to > (NOW::timestamptz at time zone 'Europe/London')::date)
    and not exists (select from staff t where t.school_id = m.school_id and t.id = m.staff_id
                                          and t.suspended_at is not null)
"""
PERSON_FACTS = (
    """
  select s.amr, s.auth_time, m.cohort::text as cohort, MAY_BE_BOUND as may_be_bound,
    coalesce((select o.settings->'second_factor_roles' ? s.role from organisation o
              where o.id = m.school_id), false) as second_factor
  from auth_session s
  join account a on a.id = s.account_id and a.disabled_at is null
  join membership m on m.school_id = scope.school::uuid and m.staff_id = scope.account::uuid
                   and m.role = s.role
  where s.id = $3::uuid and s.account_id = scope.account::uuid
    and s.organisation_id = scope.school::uuid and s.role = $4
    and s.revoked_at is null and s.expires_at > $5::timestamptz
    and LIVE
  limit 1
""".replace("MAY_BE_BOUND", MAY_BE_BOUND)
    .replace("LIVE", LIVE)
    .replace("NOW", "$5")
)
MEMBER = f"""
select {MEMBER_FACTS.replace("NOW", "$4")} from membership m
where m.school_id = $1::uuid and m.staff_id = $2::uuid and m.role = $3
"""  # noqa: S608 - constants alone
"""What binds a person in a role, whenever they held it. The cohort is that of today's membership,
as in `PERSON_FACTS`.
"""
SERVICE_FACTS = """
  select k.scopes from service_key k
  where k.school_id = scope.school::uuid and k.id = scope.account::uuid and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > $3::timestamptz)
    and (k.networks = '{}' or $4::inet <<= any(k.networks))
  limit 1
"""
RECIPIENT_FACTS = """
  select true as live from recipient_session r
  join recipient_link l on l.school_id = scope.school::uuid and l.id = r.link_id
  where r.school_id = scope.school::uuid and r.id = $3::uuid and r.link_id = scope.account::uuid
    and l.secret_hash = $4::bytea and r.secret_hash = $5::bytea
    and r.ended_at is null and r.idle_at > $6::timestamptz and r.expires_at > $6::timestamptz
    and l.ended_at is null and l.expires_at > $6::timestamptz
  limit 1
"""


Claim = tuple[str, bytes]
"""An idempotency key, and the fingerprint of its request."""


async def look_into(driver: Driver, school_id: UUID) -> None:
    """Let the rest of a reading see one school that the reader may see."""
    await driver.row(SYSTEM_SCOPE, str(school_id), str(NIL))


class SessionEnded(Exception):
    """The session was revoked or expired, or the account or membership behind it has ended."""


class ClaimWaits(Exception):
    """The first request with the same idempotency key has not ended in time."""


async def enter(fetchrow: Fetch, actor: Actor, claim: Claim | None = None) -> tuple[Actor, bool]:
    """Set the scope, and claim an idempotency key in the same statement.

    Answers the actor as the database now knows them, and whether the key was free: if not, its
    first request has ended. What follows may refuse the request, which gives the key back.
    Raises `SessionEnded`, `ClaimWaits`.
    """
    statement, values = _scope_of(actor, claim)
    try:
        facts = await fetchrow(statement, *values)
    except Exception as error:
        if claim is not None and sqlstate_of(error) == LOCKED:
            raise ClaimWaits from error
        raise
    if facts is None:
        raise SessionEnded
    return await _known(fetchrow, actor, facts), facts["claimed"]


async def _known(fetchrow: Fetch, actor: Actor, facts: Mapping[str, Any]) -> Actor:
    if actor.is_system or actor.is_recipient or actor.is_service:
        return known(actor, facts)
    if not (facts["may_be_bound"] or actor.custom_role):
        return known(actor, {**facts, **UNBOUND})
    now = clock.now()
    member = await fetchrow(MEMBER, actor.school_id, actor.id, actor.role_name, now)
    if member is None:
        raise SessionEnded
    return known(actor, {**member, **facts})


def _scope_of(actor: Actor, claim: Claim | None) -> tuple[str, tuple[Any, ...]]:
    """The one statement that sets the scope, proves who acts and claims the key, and its values."""
    facts, proof = _proof_of(actor)
    values = (str(actor.school_id), str(actor.id), *proof)
    if claim is not None:
        return _scoped(facts, len(values), claiming=True), (*values, *claim, clock.now())
    return _scoped(facts, len(values), claiming=False), values


@lru_cache(maxsize=16)
def _scoped(facts: str, places: int, *, claiming: bool) -> str:
    """The statement; the places of a claim come after the first `places`."""
    text = SCOPED_AND_CLAIMED if claiming else SCOPED
    for number, name in enumerate(("KEY", "MADE_OF", "AT"), places + 1):
        text = text.replace(f"${name}", f"${number}")
    return text.replace("FACTS", facts)


def _proof_of(actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """What proves a person's session and membership, a key or a link, and values from `$3` on."""
    if actor.is_system:
        return "select true as live", ()
    if actor.is_service:
        return SERVICE_FACTS, (clock.now(), actor.address)
    if actor.is_recipient:
        link, session = actor.proof or (b"", b"")
        return RECIPIENT_FACTS, (str(actor.session_id), link, session, clock.now())
    return PERSON_FACTS, (str(actor.session_id), actor.role_name, clock.now())


def known(actor: Actor, facts: Mapping[str, Any]) -> Actor:
    """Add the database's facts to the actor."""
    if actor.is_system or actor.is_recipient:
        return actor
    if actor.is_service:
        live = [scope for scope in facts["scopes"] if scope in actor.scopes]
        return replace(actor, rights=Rights(permissions=_permissions(live)))
    return known_member(
        actor, facts, amr=tuple(facts["amr"]), auth_time=facts["auth_time"],
        second_factor_asked=facts["second_factor"],
    )  # fmt: skip


def known_member(actor: Actor, facts: Mapping[str, Any], **proved: Any) -> Actor:
    """Add the columns of `MEMBER_FACTS` about the actor's role to the actor.

    `proved` has the known facts of their session.
    """
    return replace(
        actor,
        **proved,
        cohort=cohort_from(facts["cohort"]),
        rights=rights_from(facts["rights"]) if actor.custom_role else None,
        conflicts=_locked_out(facts["conflicts"], facts["limited"]),
        grants=grants_from(facts["grants"]) if facts["grants"] else (),
        whole=None,
    )


NO_CONFLICTS = Conflicts()
UNBOUND: Mapping[str, None] = {"rights": None, "conflicts": None, "limited": None, "grants": None}
"""The values of `MEMBER_FACTS`, besides the cohort, for a member with no bars or grants."""


def _permissions(names: Sequence[str]) -> frozenset[Permission]:
    return frozenset(PERMISSION_BY_NAME[name] for name in names if name in PERMISSION_BY_NAME)


@lru_cache(maxsize=256)
def rights_from(text: str | None) -> Rights:
    """The rights of a role that the school defined; none if it has ended."""
    if text is None:
        return Rights()
    stored = json.loads(text)
    return Rights(
        _permissions(stored["permissions"]),
        frozenset(stored["classes"]),
        frozenset(stored["cohort_classes"]),
        stored["cohort_only"],
    )


def _locked_out(conflicts: str | None, limited: str | None) -> Conflicts:
    """Conflicts of interest, and files of children who died that only a few people still open."""
    result = conflicts_from(conflicts) if conflicts else NO_CONFLICTS
    if limited is None:
        return result
    files = frozenset(UUID(child) for child in json.loads(limited))
    return replace(result, children=result.children | files, limited=files - result.children)


@lru_cache(maxsize=256)
def conflicts_from(text: str) -> Conflicts:
    """Pairs of (child, concern), one of each None."""
    pairs = json.loads(text)
    return Conflicts(
        frozenset(UUID(child) for child, _ in pairs if child),
        frozenset(UUID(concern) for _, concern in pairs if concern),
    )


@lru_cache(maxsize=256)
def grants_from(text: str) -> tuple[Grant, ...]:
    """The live grants of a person."""
    return tuple(
        Grant(
            UUID(id_), kind, frozenset(classes),
            child_id=UUID(child) if child else None, concern_id=UUID(concern) if concern else None,
        )
        for id_, kind, classes, child, concern in json.loads(text)
    )  # fmt: skip


@lru_cache(maxsize=256)
def cohort_from(text: str) -> Cohort:
    """The pastoral cohort stored with a membership."""
    stored = json.loads(text)
    return Cohort(
        tuple(stored.get("year_groups", ())), tuple(stored.get("registration_groups", ()))
    )
