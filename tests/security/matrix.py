"""The table of who may do what: every operation with its roles and a valid request for it.

The roles are written out here and not taken from the policy: that both agree is the test.
"""

import pkgutil
from importlib import import_module

import orjson

import tests.security
from app.core.ids import NIL, new_id
from app.domain.people.passwords.commands import new_account_token
from tests.security.filled import filled_child, filled_concern, filled_own
from tests.security.rows import (
    ADMIN,
    ANYBODY,
    EVERYBODY,
    IN_SCHOOL,
    LEADS,
    OVERSIGHT,
    READERS,
    SIGNERS,
    R,
    Row,
    plain,
)
from tests.security.scenes import (
    REFERRAL_STEPS,
    ROSTER,
    SENTINEL,
    Call,
    Recipe,
    Scene,
    agency_body,
    hand_over_body,
    soon,
)
from tests.world import PASSWORD


async def _token(scene: Scene) -> Call:
    await scene.world.set_password(scene.actor)
    fields = {"grant_type": "password", "username": scene.actor.email, "password": PASSWORD}
    return Call(data=fields)


async def _revoke(_scene: Scene) -> Call:
    return Call(data={"token": "unknown"})


async def _ask_reset(scene: Scene) -> Call:
    return Call(json={"email": scene.actor.email})


async def _confirm_reset(scene: Scene) -> Call:
    async with scene.world.work(NIL) as work:
        token = new_account_token(work, scene.actor.id, "reset")
    return Call(json={"token": token, "new_password": f"{PASSWORD} again"})


async def _password(scene: Scene) -> Call:
    await scene.world.set_password(scene.actor)
    return Call(json={"current_password": PASSWORD, "new_password": f"{PASSWORD} again"})


async def _school(scene: Scene) -> Call:
    return Call({"school_id": str(scene.school.id)})


async def _change_school(scene: Scene) -> Call:
    school = str(scene.school.id)
    return Call(
        {"school_id": school}, {"phone": "01632 960002"},
        version=scene.version("organisation", school),
    )  # fmt: skip


async def _search_children(_scene: Scene) -> Call:
    return Call(json={"q": SENTINEL})


async def _add_child(_scene: Scene) -> Call:
    names = {"legal_given_name": SENTINEL, "legal_family_name": SENTINEL}
    return Call(
        json={**names, "year_group": "7", "address": SENTINEL, "unknown_upn_reason_code": "UN4"}
    )


async def _entry(scene: Scene) -> Call:
    concern = await scene.concern()
    [(child, entry)] = scene.world.sql(
        "select child_id, id from chronology_entry where thing_id = %s", concern
    )
    return Call(
        {"child_id": str(child), "entry_id": str(entry)},
        {"significant": True, "reason": SENTINEL},
    )


async def _change_child(scene: Scene) -> Call:
    child = await scene.child()
    return Call(
        {"child_id": child}, {"known_given_name": SENTINEL}, version=scene.version("child", child)
    )


async def _add_identifier(scene: Scene) -> Call:
    return Call(
        {"child_id": await scene.child()},
        {"system": "admission_number", "value": f"{SENTINEL}{new_id().hex[-9:]}"},
    )


async def _end_identifier(scene: Scene) -> Call:
    child = await scene.child()
    number = f"{SENTINEL}{new_id().hex[-9:]}"
    found = await scene.around(child, "identifiers", system="admission_number", value=number)
    return Call({"child_id": child, "identifier_id": found}, version=scene.version("child", child))


async def _add_contact(scene: Scene) -> Call:
    return Call(
        {"child_id": await scene.child()},
        {"kind": "father", "name": SENTINEL, "email": f"{SENTINEL}@example.org"},
    )


async def _change_contact(scene: Scene) -> Call:
    child = await scene.child()
    contact = await scene.contact(child)
    return Call(
        {"child_id": child, "contact_id": contact}, {"name": SENTINEL},
        version=scene.version("contact", contact),
    )  # fmt: skip


async def _end_contact(scene: Scene) -> Call:
    call = await _change_contact(scene)
    return Call(call.ids, version=call.version)


async def _merge_contact(scene: Scene) -> Call:
    call = await _change_contact(scene)
    other = await scene.contact(call.ids["child_id"])
    return Call(call.ids, {"into": other, "reason": SENTINEL}, version=call.version)


async def _unmerge_contact(scene: Scene) -> Call:
    call = await _merge_contact(scene)
    path = f"/v1/children/{call.ids['child_id']}/contacts/{call.ids['contact_id']}/merge"
    await scene.made_by(scene.lead, path, call.json, version=call.version)
    version = scene.version("contact", call.ids["contact_id"])
    return Call(call.ids, {"reason": SENTINEL}, version=version)


async def _add_relationship(scene: Scene) -> Call:
    return Call(
        {"child_id": await scene.child()},
        {"other_child_id": await scene.child(), "kind": "cousin", "note": SENTINEL},
    )


async def _relationship(scene: Scene) -> Call:
    child, other = await scene.child(), await scene.child()
    found = await scene.around(child, "relationships", other_child_id=other, kind="cousin")
    scene.world.sql(
        "update relationship set confirmed_by = null, confirmed_at = null where id = %s", found
    )
    return Call(
        {"child_id": child, "relationship_id": found}, version=scene.version("relationship", found)
    )


async def _possible_sibling(scene: Scene) -> Call:
    return Call({"child_id": await scene.child(), "other_child_id": await scene.child()})


async def _merge_child(scene: Scene) -> Call:
    child, other = await scene.child(), await scene.child()
    version = scene.version("child", child)
    return Call({"child_id": child}, {"into": other, "reason": SENTINEL}, version=version)


async def _merged_child(scene: Scene) -> Call:
    call = await _merge_child(scene)
    path = f"/v1/children/{call.ids['child_id']}/merge"
    for api in (scene.by(R.DEPUTY_DSL), scene.lead):
        await scene.made_by(api, path, call.json, version=call.version)
    version = scene.version("child", call.ids["child_id"])
    return Call(call.ids, {"reason": SENTINEL}, version=version)


async def _open_merge(scene: Scene) -> Call:
    return Call((await _merged_child(scene)).ids)


async def _add_status(scene: Scene) -> Call:
    return Call(
        {"child_id": await scene.child()},
        {"kind": "young_carer", "valid_from": "2026-01-05", "source": "school",
         "evidence": SENTINEL},
    )  # fmt: skip


async def _change_status(scene: Scene) -> Call:
    child = await scene.child()
    found = await scene.around(
        child, "statuses", kind="young_carer", valid_from="2026-01-05", source="school"
    )
    return Call(
        {"child_id": child, "status_id": found}, {"evidence": SENTINEL},
        version=scene.version("child_status", found),
    )  # fmt: skip


async def _raise(scene: Scene) -> Call:
    return Call(json=scene.concern_body(await scene.child()))


def _step(body: object = None, *, first: str = "raised") -> Recipe:
    """A step of a concern at its present version."""

    async def recipe(scene: Scene) -> Call:
        concern = await (scene.triaged() if first == "triaged" else scene.concern())
        found = scene.triage_body() if body == "triage" else body
        version = scene.version("concern", concern)
        return Call({"concern_id": concern}, json=found, version=version)

    return recipe


async def _assign(scene: Scene) -> Call:
    deputy = str(scene.school[R.DEPUTY_DSL].id)
    return await _step({"owner_id": deputy, "reason": SENTINEL}, first="triaged")(scene)


async def _monitor(scene: Scene) -> Call:
    return await _step({"review_at": soon(days=7), "reason": SENTINEL}, first="triaged")(scene)


CLOSE = {"outcome": "explained", "reason": SENTINEL}


async def _countersign(scene: Scene) -> Call:
    concern = await scene.triaged(level=3)
    second_lead = await scene.school.person(R.DSL)
    await scene.step(scene.world.as_token(second_lead.token), concern, "close", CLOSE)
    return Call(
        {"concern_id": concern}, {"agree": True, "reason": SENTINEL},
        version=scene.version("concern", concern),
    )  # fmt: skip


async def _reopen(scene: Scene) -> Call:
    concern = await scene.triaged()
    await scene.step(scene.lead, concern, "close", CLOSE)
    return Call(
        {"concern_id": concern}, {"reason": SENTINEL}, version=scene.version("concern", concern)
    )


async def _merge(scene: Scene) -> Call:
    child = await scene.child()
    one, two = await scene.concern(child), await scene.concern(child)
    return Call(
        {"concern_id": two}, {"into": one, "reason": SENTINEL},
        version=scene.version("concern", two),
    )  # fmt: skip


async def _correct(scene: Scene) -> Call:
    former, meant = await scene.child(), await scene.child()
    concern = await scene.concern(former)
    child = {"former_id": former, "id": meant}
    return Call(
        {"concern_id": concern}, {"child": child, "place": SENTINEL, "reason": SENTINEL},
        version=scene.version("concern", concern),
    )  # fmt: skip


async def _amend(scene: Scene) -> Call:
    concern = await scene.concern(reporter=scene.actor.role)
    return Call({"concern_id": concern}, {"text": SENTINEL, "reason": SENTINEL})


async def _comment(scene: Scene) -> Call:
    return Call({"concern_id": await scene.concern()}, {"text": SENTINEL})


async def _answer(scene: Scene) -> Call:
    concern = await scene.concern(reporter=scene.actor.role)
    asker = R.DEPUTY_DSL if scene.actor.role is R.DSL else R.DSL
    path = f"/v1/concerns/{concern}/ask-reporter"
    asked = await scene.made_by(scene.school.api(asker), path, {"text": SENTINEL})
    return Call({"concern_id": concern, "question_id": asked["id"]}, {"text": SENTINEL})


async def _decide(scene: Scene) -> Call:
    decision = {"question": SENTINEL, "decision": SENTINEL, "reason": SENTINEL}
    return Call({"concern_id": await scene.concern()}, decision)


async def _set_action(scene: Scene) -> Call:
    owner = str(scene.school[R.STAFF].id)
    action = {"what": SENTINEL, "owner_id": owner, "due_at": soon(days=1)}
    return Call({"concern_id": await scene.triaged()}, action)


def _action(body: object = None) -> Recipe:
    """An action of the actor's at its first version."""

    async def recipe(scene: Scene) -> Call:
        return Call({"action_id": await scene.action()}, body, version=1 if body else None)

    return recipe


async def _reassign(scene: Scene) -> Call:
    return await _action({"owner_id": str(scene.school[R.STAFF].id)})(scene)


async def _alert(scene: Scene) -> Call:
    return Call({"alert_id": await scene.alert()})


async def _alerts_together(scene: Scene) -> Call:
    return Call(json={"alert_ids": [await scene.alert()], "reason": SENTINEL})


async def _add_agency(_scene: Scene) -> Call:
    return Call(json=agency_body())


async def _agency(scene: Scene) -> Call:
    return Call({"agency_id": await scene.agency()})


async def _change_agency(scene: Scene) -> Call:
    return Call({"agency_id": await scene.agency()}, {"address": SENTINEL}, version=1)


async def _draft_share(scene: Scene) -> Call:
    return Call(json=await scene.share_body())


def _share(body: object = None, *, state: str = "draft", read: bool = False) -> Recipe:
    """A share in a state, at its present version."""

    async def recipe(scene: Scene) -> Call:
        share = await scene.share(state)
        found = hand_over_body() if body == "hand-over" else body
        version = None if read else scene.version("share", share)
        return Call({"share_id": share}, found, version=version)

    return recipe


async def _response(scene: Scene) -> Call:
    body = {"kind": "acknowledged", "at": soon(minutes=-1), "text": SENTINEL}
    return await _share(body, state="handed_over")(scene)


async def _attach(scene: Scene) -> Call:
    concern = await scene.concern(reporter=scene.actor.role)
    headers = {"Content-Type": "text/plain"}
    return Call({"concern_id": concern}, content=SENTINEL.encode(), headers=headers)


async def _attachment(scene: Scene) -> Call:
    call = await _attach(scene)
    api = scene.by(scene.actor.role)
    path = f"/v1/concerns/{call.ids['concern_id']}/attachments"
    answer = await api.request("POST", path, content=call.content, headers=call.headers)
    return Call({**call.ids, "attachment_id": answer.json()["id"]})


async def _draft_referral(scene: Scene) -> Call:
    return Call(json=await scene.referral_body())


def _referral(body: object = None, *, state: str = "draft", read: bool = False) -> Recipe:
    """A referral in a state, at its present version."""

    async def recipe(scene: Scene) -> Call:
        referral = await scene.referral(state)
        found = REFERRAL_STEPS.get(body, body) if isinstance(body, str) else body
        version = None if read else scene.version("referral", referral)
        return Call({"referral_id": referral}, found() if callable(found) else found,
                    version=version)  # fmt: skip

    return recipe


async def _import_roster(_scene: Scene) -> Call:
    return Call(content=ROSTER.read_bytes(), headers={"Content-Type": "application/zip"})


async def _roster_lines(_scene: Scene) -> Call:
    line = b'{"source_id":"p1","given_name":"Amy","family_name":"Pond"}\n'
    headers = {"Content-Type": "application/x-ndjson"}
    return Call(content=line, query={"source": "mis"}, headers=headers)


async def _brought(scene: Scene) -> Call:
    """An import of a child, and of a line without a name."""
    row_id = f"{SENTINEL}{new_id().hex[-9:]}"
    lines = (
        {"source_id": row_id, "given_name": SENTINEL, "family_name": SENTINEL},
        {"source_id": f"{row_id}b"},
    )
    answer = await scene.by(R.SCHOOL_ADMIN).request(
        "POST", "/v1/roster/children:batch", params={"source": "mis"},
        content=b"\n".join(orjson.dumps(line) for line in lines),
        headers={"Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    found = answer.headers["location"].rpartition("/")[2]
    scene.made.add(found)
    return Call({"import_id": found})


async def _roster_changed(scene: Scene) -> Call:
    await _brought(scene)
    return Call(query={"source": "mis", "since": "start", "limit": "5"})


async def _roster_sources(scene: Scene) -> Call:
    await scene.roster_import("applied")
    return Call()


async def _look_up_roster(scene: Scene) -> Call:
    return Call(json={"source": "mis", "source_id": await scene.roster_child()})


async def _roster_facts(scene: Scene) -> Call:
    await scene.roster_child()
    return Call(query={"source": "mis"})


def _import(state: str, *, change: bool = False) -> Recipe:
    """A roster import in a state."""

    async def recipe(scene: Scene) -> Call:
        return Call({"import_id": await scene.roster_import(state)}, version=1 if change else None)

    return recipe


SYSTEM = {
    "get_health": Row(ANYBODY, plain()),
    "get_readiness": Row(ANYBODY, plain()),
    "list_vocabularies": Row(ANYBODY, plain()),
    "get_vocabulary": Row(ANYBODY, plain(name="roles")),
    "list_problems": Row(ANYBODY, plain()),
    "get_problem": Row(ANYBODY, plain(code="not_found")),
    "get_jwks": Row(ANYBODY, plain()),
    "get_server_metadata": Row(ANYBODY, plain()),
}
SIGN_IN = {
    "issue_token": Row(ANYBODY, _token),
    "revoke_token": Row(ANYBODY, _revoke),
    "request_password_reset": Row(ANYBODY, _ask_reset),
    "confirm_password_reset": Row(ANYBODY, _confirm_reset),
    "get_me": Row(EVERYBODY, plain(), foreign=None),
    "change_password": Row(EVERYBODY, _password, foreign=422),
}
SCHOOLS = {
    "list_schools": Row(IN_SCHOOL | OVERSIGHT, plain(), foreign=None),
    "get_school": Row(IN_SCHOOL | OVERSIGHT, _school),
    "update_school": Row(ADMIN, _change_school),
}
CHILDREN = {
    "search_children": Row(IN_SCHOOL, _search_children, foreign=None),
    "get_year_groups": Row(IN_SCHOOL, plain(), foreign=None),
    "add_child": Row(LEADS | ADMIN, _add_child, foreign=None),
    "open_child_summary": Row(READERS, filled_child),
    "open_child": Row(READERS | ADMIN, filled_child, narrower=True),
    "update_child": Row(LEADS | ADMIN, _change_child),
    "add_identifier": Row(LEADS | ADMIN, _add_identifier),
    "end_identifier": Row(LEADS | ADMIN, _end_identifier),
    "open_contacts": Row(READERS | ADMIN, filled_child, narrower=True),
    "list_fact_changes": Row(READERS | ADMIN, filled_child, narrower=True),
    "add_contact": Row(LEADS | ADMIN, _add_contact),
    "update_contact": Row(LEADS | ADMIN, _change_contact),
    "end_contact": Row(LEADS | ADMIN, _end_contact),
    "merge_contact": Row(LEADS, _merge_contact),
    "unmerge_contact": Row(LEADS, _unmerge_contact),
    "open_relationships": Row(READERS, filled_child),
    "add_relationship": Row(LEADS, _add_relationship),
    "confirm_relationship": Row(LEADS, _relationship),
    "end_relationship": Row(LEADS, _relationship),
    "open_possible_siblings": Row(LEADS, filled_child),
    "open_possible_duplicates": Row(LEADS, filled_child),
    "open_child_merge": Row(LEADS, _open_merge),
    "merge_child": Row(LEADS, _merge_child),
    "unmerge_child": Row(frozenset({R.DSL}), _merged_child, narrower=True),
    "dismiss_possible_sibling": Row(LEADS, _possible_sibling),
    "open_statuses": Row(READERS, filled_child),
    "add_status": Row(LEADS, _add_status),
    "update_status": Row(LEADS, _change_status),
    "read_chronology": Row(READERS, filled_child),
    "read_family_chronology": Row(READERS, filled_child),
    "mark_significant": Row(READERS, _entry),
}
CONCERNS = {
    "raise_concern": Row(IN_SCHOOL, _raise, foreign=422),
    "list_concerns": Row(READERS, plain(), foreign=None),
    "list_my_concerns": Row(IN_SCHOOL, plain(), foreign=None),
    "list_concern_categories": Row(IN_SCHOOL, plain(), foreign=None),
    "open_concern": Row(IN_SCHOOL, filled_concern, narrower=True),
    "open_concern_history": Row(READERS, filled_concern),
    "look_up": Row(IN_SCHOOL, _search_children, foreign=None),
    "get_next_steps_of_concern": Row(READERS, filled_concern),
    "get_next_steps_of_child": Row(READERS, filled_child),
    "acknowledge_concern": Row(READERS, _step()),
    "triage_concern": Row(READERS, _step("triage")),
    "assign_concern": Row(READERS, _assign),
    "monitor_concern": Row(READERS, _monitor),
    "close_concern": Row(LEADS, _step(CLOSE, first="triaged")),
    "countersign_concern": Row(SIGNERS, _countersign, narrower=True),
    "reopen_concern": Row(LEADS, _reopen),
    "withdraw_concern": Row(LEADS, _step({"reason": SENTINEL})),
    "merge_concern": Row(LEADS, _merge),
    "move_concern": Row(READERS, _step({"reason": SENTINEL})),
    "correct_concern": Row(READERS, _correct),
    "list_corrections": Row(READERS, filled_concern),
    "amend_concern": Row(IN_SCHOOL, _amend),
    "list_amendments": Row(IN_SCHOOL, filled_own, narrower=True),
    "tell_reporter": Row(READERS, _step({"text": SENTINEL})),
    "ask_reporter": Row(READERS, _comment),
    "answer_question": Row(IN_SCHOOL, _answer),
    "add_comment": Row(READERS, _comment),
    "list_comments": Row(READERS, filled_concern),
    "record_decision": Row(LEADS | {R.HEADTEACHER}, _decide),
    "list_decisions": Row(READERS, filled_concern),
}
WORK = {
    "add_action": Row(READERS, _set_action),
    "list_my_actions": Row(IN_SCHOOL, plain(), foreign=None),
    "open_action": Row(IN_SCHOOL, _action()),
    "complete_action": Row(IN_SCHOOL, _action({"outcome": SENTINEL})),
    "drop_action": Row(READERS, _action({"reason": SENTINEL})),
    "reassign_action": Row(READERS, _reassign),
    "list_alerts": Row(IN_SCHOOL | {R.CHAIR_OF_GOVERNORS, R.TRUST_LEAD}, plain(), foreign=None),
    "acknowledge_alert": Row(IN_SCHOOL | {R.CHAIR_OF_GOVERNORS, R.TRUST_LEAD}, _alert),
    "acknowledge_alerts": Row(
        IN_SCHOOL | {R.CHAIR_OF_GOVERNORS, R.TRUST_LEAD}, _alerts_together, foreign=None
    ),
}
SHARING = {
    "list_agencies": Row(LEADS | {R.HEADTEACHER}, plain(), foreign=None),
    "add_agency": Row(frozenset({R.DSL}), _add_agency, foreign=None),
    "get_agency": Row(LEADS | {R.HEADTEACHER}, _agency),
    "update_agency": Row(frozenset({R.DSL}), _change_agency),
    "list_shares": Row(LEADS | {R.HEADTEACHER}, plain(), foreign=None),
    "get_shareable_parts": Row(LEADS, filled_child),
    "draft_share": Row(LEADS, _draft_share),
    "open_share": Row(LEADS | {R.HEADTEACHER}, _share(read=True)),
    "preview_share": Row(LEADS | {R.HEADTEACHER}, _share(read=True)),
    "update_share": Row(LEADS, _share({"purpose_detail": SENTINEL})),
    "approve_share": Row(LEADS | {R.HEADTEACHER}, _share({"reason": SENTINEL})),
    "revoke_share": Row(LEADS, _share({"reason": SENTINEL})),
    "record_hand_over": Row(LEADS, _share("hand-over", state="approved")),
    "record_response": Row(LEADS, _response),
    "download_share_snapshot": Row(LEADS | {R.HEADTEACHER}, _share(state="approved", read=True)),
}
ROSTERS = {
    "import_roster": Row(ADMIN, _import_roster, foreign=None),
    "import_roster_children": Row(ADMIN, _roster_lines, foreign=None),
    "list_roster_imports": Row(ADMIN, plain(), foreign=None),
    "get_roster_import": Row(ADMIN, _import("applied")),
    "list_roster_problems": Row(ADMIN, _brought),
    "approve_roster_import": Row(ADMIN, _import("held", change=True)),
    "list_roster_changes": Row(ADMIN, _brought),
    "undo_roster_import": Row(ADMIN, _import("applied", change=True)),
    "list_roster_children": Row(ADMIN, _roster_facts, foreign=None),
    "list_roster_children_changed": Row(ADMIN, _roster_changed, foreign=None),
    "look_up_roster_child": Row(ADMIN, _look_up_roster, foreign=None),
    "get_roster_digests": Row(ADMIN, _roster_facts, foreign=None),
    "list_roster_sources": Row(ADMIN, _roster_sources, foreign=None),
}
ATTACHMENTS = {
    "add_attachment": Row(IN_SCHOOL, _attach),
    "list_attachments": Row(IN_SCHOOL, filled_own, narrower=True),
    "download_attachment": Row(IN_SCHOOL, _attachment, narrower=True),
}
REFERRALS = {
    "list_referral_kinds": Row(LEADS | {R.HEADTEACHER}, plain(), foreign=None),
    "list_referrals": Row(LEADS | {R.HEADTEACHER}, plain(), foreign=None),
    "draft_referral": Row(LEADS, _draft_referral),
    "open_referral": Row(LEADS | {R.HEADTEACHER}, _referral(read=True)),
    "preview_referral": Row(LEADS | {R.HEADTEACHER}, _referral(read=True)),
    "update_referral": Row(LEADS, _referral({"urgency": "urgent"})),
    "approve_referral": Row(LEADS | {R.HEADTEACHER}, _referral({"reason": SENTINEL})),
    "record_referral_sent": Row(LEADS, _referral("send", state="approved")),
    "record_acknowledgement": Row(LEADS, _referral("acknowledgement", state="sent")),
    "record_outcome": Row(LEADS, _referral("outcome", state="sent")),
    "close_referral": Row(LEADS, _referral({"reason": SENTINEL}, state="answered")),
    "download_referral_snapshot": Row(
        LEADS | {R.HEADTEACHER}, _referral(state="approved", read=True)
    ),
}
TABLE: dict[str, Row] = {
    **ATTACHMENTS,
    **REFERRALS,
    **SYSTEM,
    **SIGN_IN,
    **SCHOOLS,
    **CHILDREN,
    **CONCERNS,
    **WORK,
    **SHARING,
    **ROSTERS,
}
for _found in pkgutil.iter_modules(tests.security.__path__):
    if _found.name.startswith("rows_"):
        TABLE |= import_module(f"tests.security.{_found.name}").ROWS
