"""Child groups and linked concerns: leads and the head; for a trust, words of counts alone."""

from app.core.clock import now
from app.core.ids import new_id
from app.core.words import Role
from tests.security.rows import LEADS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

LOOKERS = LEADS | {R.HEADTEACHER}
NAMED, NOTES = "/v1/linked-concerns/named-content", "/v1/calendar-notes"


async def _state(scene: Scene) -> Call:
    children = [await scene.child(), await scene.child()]
    body = {"kind": "club", "child_ids": children, "label": SENTINEL, "heard_from": SENTINEL}
    return Call(json=body)


def _child_group(body: object = None, *, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/child-groups", (await _state(scene)).json)
        child_group = str(made["id"])
        return Call(
            {"child_group_id": child_group},
            body,
            version=scene.version("child_group", child_group) if changes else None,
        )

    return recipe


async def _members(scene: Scene) -> Call:
    made = await _child_group()(scene)
    return Call(made.ids, {"child_ids": [await scene.child()]}, version=made.version)


def _linked_concern(body: object = None, *, changes: bool = True) -> Recipe:
    """Linked concerns of one concern of year 7."""

    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        concern, linked, school = await scene.concern(child), str(new_id()), scene.school.id
        scene.world.sql(
            "insert into linked_concern (school_id, id, rule_id, rule_version, fired_at,"
            " confidentiality, event_ids, links, state, changed_at)"
            " values (%s, %s, 'sh.group3', '2026-11', now(), 'K2', %s::uuid[], %s, 'open', now())",
            school, linked, [concern], '[{"by": "year_group", "ref": "7", "kind": "year_group"}]',
        )  # fmt: skip
        scene.world.sql(
            "insert into linked_row (school_id, id, concern_id, child_id) values (%s, %s, %s, %s)",
            school, linked, concern, child,
        )  # fmt: skip
        scene.made.add(linked)
        version = scene.version("linked_concern", linked) if changes else None
        return Call({"linked_concern_id": linked}, body, version=version)

    return recipe


async def _looked(scene: Scene) -> Call:
    body = {"at": soon(minutes=-1), "with_whom": SENTINEL, "follows": SENTINEL}
    return await _linked_concern(body)(scene)


async def _named(_scene: Scene) -> Call:
    return Call(json={"kind": "challenge", "label": SENTINEL})


def _listed(make: Recipe, path: str) -> Recipe:
    """A list of what a lead has made one of."""

    async def recipe(scene: Scene) -> Call:
        await scene.made_by(scene.lead, path, (await make(scene)).json)
        return Call()

    return recipe


async def _counted(scene: Scene) -> Call:
    """A month whose counts the school is shown as a trust is."""
    scene.world.sql(
        "insert into linked_count (school_id, id, month, rule_id, schools, linked_concerns, speak,"
        " counted_at) values (%s, %s, date_trunc('month', now()), 'sh.group3', '<5',"
        " '<5', false, now()) on conflict do nothing",
        scene.school.id, new_id(),
    )  # fmt: skip
    return Call()


async def _mark(scene: Scene) -> Call:
    named = (await _named(scene)).json
    made = await scene.made_by(scene.lead, NAMED, named)
    return Call({"concern_id": await scene.concern()}, {"named_content_id": made["id"]})


async def _note(_scene: Scene) -> Call:
    today = now().date().isoformat()
    body = {"kind": "assembly", "label": SENTINEL, "starts_on": today, "ends_on": today}
    return Call(json=body)


async def _end_note(scene: Scene) -> Call:
    made = await scene.made_by(scene.lead, NOTES, (await _note(scene)).json)
    note = str(made["id"])
    return Call({"note_id": note}, version=scene.version("calendar_note", note))


ROWS: dict[str, Row] = {
    "list_child_groups": Row(LOOKERS, plain(), foreign=None),
    "create_child_group": Row(LEADS, _state, foreign=422),
    "open_child_group": Row(LOOKERS, _child_group(changes=False)),
    "confirm_child_group": Row(LEADS, _child_group()),
    "add_child_group_members": Row(LEADS, _members),
    "end_child_group": Row(LEADS, _child_group({"reason": SENTINEL})),
    "list_linked_concerns": Row(LOOKERS, plain(), foreign=None),
    "open_linked_concern": Row(LOOKERS, _linked_concern(changes=False)),
    "record_joint_review": Row(LOOKERS, _looked),
    "dismiss_linked_concern": Row(LOOKERS, _linked_concern({"reason": SENTINEL})),
    "count_linked_concerns": Row(frozenset({Role.TRUST_LEAD}), _counted, foreign=None),
    "list_named_content": Row(LOOKERS, _listed(_named, NAMED), foreign=None),
    "add_named_content": Row(LEADS, _named, foreign=None),
    "mark_concern": Row(LEADS, _mark),
    "list_calendar_notes": Row(LOOKERS, _listed(_note, NOTES), foreign=None),
    "add_calendar_note": Row(LEADS, _note, foreign=None),
    "end_calendar_note": Row(LEADS, _end_note),
}
