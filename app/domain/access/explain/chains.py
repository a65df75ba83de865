"""Pure chains of rules for what hangs on a child or a concern, made of those that open it."""

from dataclasses import dataclass, replace

from app.core.words import Actor, Permission
from app.db.facts import Pupil
from app.db.repositories.concern_sight import SightRow
from app.domain import policy
from app.domain.access.checks.children import child_steps
from app.domain.access.checks.concerns import grant_for, is_assigned, reading_steps
from app.domain.policy import Effect, Step

Chain = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What of a record of keeping a child safe decides who may read it."""

    child: Pupil
    granted_child: bool
    """Whether the role reads such records, or a live grant for the child lets them."""
    own_class: policy.Decision
    """Whether the actor reads the record's class; what holds where it hangs on no concern."""
    concern: SightRow | None = None
    assigned: bool = False
    """A kind that whoever owns the concern, or something to do of it, reads too."""


def may_step(actor: Actor, permission: Permission) -> Step:
    """Whether the role carries a permission, as a first step."""
    found = policy.may(actor, permission)
    return Step("role.may", Effect.PASS if found else Effect.DENY, found.reason)


def behind(first: Step, chain: Chain) -> Chain:
    """A chain behind a step that may have decided already."""
    return (first,) if first.effect is not Effect.PASS else (first, *chain)


def record_chain(actor: Actor, facts: RecordFacts) -> Chain:
    """The rules about opening a record of keeping a child safe, or a safety plan."""
    if facts.assigned and not facts.granted_child:
        return _by_assignment(actor, facts)
    first = may_step(actor, Permission.SAFETY_READ)
    reach = child_steps(actor, facts.child)
    if first.effect is Effect.DENY or reach[-1].effect is not Effect.ALLOW:
        return behind(first, reach)
    passed = (first, *reach[:-1], replace(reach[-1], effect=Effect.PASS))
    if not facts.granted_child:
        reason = "a grant for another record brings nothing of this child's along"
        return (*passed, Step("granted", Effect.DENY, reason))
    if facts.concern is not None:
        return (*passed, *reading_steps(actor, facts.concern))
    effect = Effect.ALLOW if facts.own_class else Effect.DENY
    return (*passed, Step("class", effect, facts.own_class.reason))


def _by_assignment(actor: Actor, facts: RecordFacts) -> Chain:
    first = may_step(actor, Permission.CONCERN_READ)
    if facts.child.id in actor.conflicts.children:
        related = Step("conflict", Effect.DENY, "conflict of interest: related to the child")
        return behind(first, (related,))
    concern = facts.concern
    if concern is None or not (is_assigned(actor, concern) or grant_for(actor, concern)):
        reason = "owns neither its concern nor something to do of it"
        return behind(first, (Step("assigned", Effect.DENY, reason),))
    return behind(first, reading_steps(actor, concern))


def chosen_chain(actor: Actor, chain: Chain, *, chosen: bool) -> Chain:
    """The same for a safety plan, whose pupil chose an adult: who reads the pupil's own words."""
    if chain[-1].effect is Effect.ALLOW or not chosen:
        return chain
    if not policy.may(actor, Permission.TASK_DO):
        return chain
    reason = "the adult whom the pupil chose, or who stands in: reads the pupil's own steps"
    return (*chain, Step("chosen", Effect.ALLOW, reason))
