"""What was told of self-harm or words about dying, with its steps, as it leaves with the concern.

Who else knows of it did not agree to be in a file that goes elsewhere: pupils among them are not
named, in the list or in any words beside it. A family reads what was told, never who did what.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core.vocabularies.terms import DRAFT
from app.domain.pseudonyms import Names, Pseudonymiser
from app.domain.sharing.leaving import kinds
from app.domain.sharing.leaving.plans import ANOTHER, hidden_pupil

Row = Mapping[str, Any]
Told = dict[str, Any]
PUPILS: Final = frozenset({"friend", "other_pupil", "sibling"})
"""Roles of those who know of it that another pupil may have."""
FAMILY_READS: Final = ("own_words", "means_group", "place", "medical")
"""What of the words a family reads: nothing of others, and nothing between staff."""
CODED: Final = frozenset({"means_group", "place", "medical", "online", "led_up_to"})
"""Answers about what was told that are codes, in which there is no name."""
CODES: Final = frozenset({"role", "how", "kind", "none"})
"""Properties that hold a code wherever they stand."""
ENDS_OF_IDS: Final = ("_id", "_ids")


@dataclass(frozen=True, slots=True)
class RenderRules:
    """How one reader is told: any text, a member of staff by id, and the child's own names."""

    text: Callable[[str], str]
    person: Callable[[Any], Any]
    kept: Names


def pathway_told(row: Row, steps: Sequence[Row], audience: str, voice: RenderRules) -> Told:
    """What was told in one concern, and for professionals what was done, without any id."""
    told, say = _without_pupils(row["told"], voice)
    family = audience == kinds.FAMILY
    if family:
        told = {name: told[name] for name in FAMILY_READS if name in told}
    block = {
        "kind": row["kind"],
        "kind_told": row["kind_told"],
        "told": {
            name: bare(one) if name in CODED else _said(bare(one), say)
            for name, one in told.items()
        },
        "begun_at": row["begun_at"],
        "vocabulary_status": DRAFT,
    }
    return block if family else block | _done(row, steps, voice, say)


def _done(row: Row, steps: Sequence[Row], voice: RenderRules, say: Callable[[str], str]) -> Told:
    return {
        "immediacy_told": row["reported_immediacy"],
        "begun_by": voice.person(row["begun_by"]),
        "state": row["state"],
        "last_event_at": row["last_event_at"],
        "settled_at": row["settled_at"],
        "steps": [
            {
                "step": one["verb"],
                "at": one["at"],
                "recorded_at": one["recorded_at"],
                "by": voice.person(one["by_id"]) if one["by_id"] else None,
                "role": one["by_role"],
                "from_state": one["from_state"],
                "to_state": one["to_state"],
                "details": _said(bare(one["details"]), say),
            }
            for one in steps
        ],
    }


def bare(value: Any) -> Any:
    """The same without the id of anything: it means nothing elsewhere, and leads to others here."""
    if isinstance(value, Mapping):
        return {
            name: bare(one)
            for name, one in value.items()
            if name != "id" and not name.endswith(ENDS_OF_IDS) and not _is_id(one)
        }
    if isinstance(value, list | tuple):
        return [bare(one) for one in value if not _is_id(one)]
    return value


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and kinds.ID.fullmatch(value) is not None


def _without_pupils(told: Row, voice: RenderRules) -> tuple[Told, Callable[[str], str]]:
    """What was told with no pupil named among those who know, and what hides them elsewhere."""
    aware = [dict(one) for one in told.get("aware") or ()]
    named = [one for one in aware if one.get("role") in PUPILS and one.get("name")]
    hide = Pseudonymiser([voice.kept], [hidden_pupil(one["name"], ANOTHER) for one in named])
    for one in named:
        one["name"] = ANOTHER
    kept = {**told, "aware": aware} if aware else dict(told)
    return kept, lambda text: hide(voice.text(text))


def _said(value: Any, say: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return say(value)
    if isinstance(value, Mapping):
        return {name: one if name in CODES else _said(one, say) for name, one in value.items()}
    return [_said(one, say) for one in value] if isinstance(value, list) else value
