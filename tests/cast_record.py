"""A record with secrets, made through the API from a cast: what others say in it names others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from app.core.words import Role
from tests.adults import raise_about
from tests.api.record.test_concerns import a_triage
from tests.api.records import a_concern, a_contact, a_status, classify
from tests.casts import Cast, Pupil
from tests.kept_safe import a_kept_record
from tests.recipient_pages import PARTS
from tests.transfers import upn_of
from tests.world import Api, Person, School, World

WITHHELD, COMMENT, SEALED = "zqwithheldqz", "zqcommentqz", "zqsealedqz"
ADULT, TELLTALE, MARK, FRIENDS = "zqadultqz", "zqtelltaleqz", "zqmarkqz", "zqfriendsqz"
"""Withheld by redaction, said among staff, of a sealed concern, of the adult register, the family
name of who reported what a decision is about, and on another child's body map."""
REGION = "upper_arm_outer_l"
Pick = Callable[[Sequence[Any]], Any]


@dataclass
class Record:
    """What was made, by its ids."""

    cast: Cast
    child: UUID
    concern: str
    decided: str
    statement: dict[str, Any]
    decision: str
    status: str
    contact: str
    kept_safe: Sequence[str]
    """A support note and a safety plan."""
    file: str
    """Of the concern, called after others."""
    file_told: str
    """What the recipient is to see it called, with others and the withheld words in it."""


async def good(answer: httpx.Response) -> dict[str, Any]:
    """What a request was answered that had to succeed."""
    assert answer.status_code in (200, 201, 202), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(api: Api, path: str, verb: str, body: Any, method: str = "POST") -> dict[str, Any]:
    """Take a step at the present version."""
    version = (await api.get(path)).headers["etag"].strip('"')
    return await good(await api.request(method, f"{path}/{verb}", json=body, version=version))


async def a_pupil(world: World, school: School, pupil: Pupil) -> Pupil:
    """The child in the school's records; with the id it has there."""
    columns = dict(pupil.columns)
    given, family = columns.pop("legal_given_name"), columns.pop("legal_family_name")
    id_ = await school.child(
        given or "", family or "", **columns, date_of_birth=pupil.born, address=pupil.address
    )
    upn_of(world, school, id_, pupil.upn)
    await a_contact(world, school, id_, name=pupil.contact, phone=pupil.phone, kind="other")
    return replace(pupil, id=id_)


async def put_on_record(world: World, school: School, cast: Cast) -> Cast:
    """The cast with the ids that its children have in the school; staff get their names."""
    known = [await a_pupil(world, school, one) for one in (cast.child, *cast.others)]
    ids = {
        write(was.id): write(now.id)
        for was, now in zip(cast.others, known[1:], strict=True)
        for write in (str, lambda id_: id_.hex.upper())
    }
    for role, name in zip((Role.STAFF, Role.DSL), cast.staff, strict=True):
        world.sql("update staff set name = %s where id = %s", name, school[role].id)
    mentions = [ids.get(one, one) for one in cast.mentions]
    return replace(cast, child=known[0], others=known[1:], mentions=mentions)


async def a_record(world: World, school: School, drawn: Cast, pick: Pick) -> Record:
    """A child with concerns, decisions, a status and a contact; everything in it names others."""
    cast = await put_on_record(world, school, drawn)

    def says(secret: str = "") -> str:
        return cast.says(pick, secret)

    child, others = cast.child.id, [one.id for one in cast.others[:-1] or cast.others]
    title = f"Tutor to {says()}"
    world.sql("update staff set job_title = %s where id = %s", title, school[Role.STAFF].id)
    marks = [
        {"child_id": str(child), "view": "front", "x": 0.5, "y": 0.2, "region": REGION,
         "explanation": says()},
        {"child_id": str(others[0]), "view": "front", "x": 0.4, "y": 0.2, "region": REGION,
         "explanation": MARK},
    ]  # fmt: skip
    account = [
        {"kind": "child_said", "text": says(WITHHELD), "prompted_by": says()},
        {"kind": "told_by", "text": says(), "told_by": says()},
        {"kind": "opinion", "text": says(), "basis": says()},
    ]
    told = {"value": "not_yet", "reason": says()}
    concern = await a_concern(
        school, child, *others, account=account, body_map=marks, place=says(), parents_told=told,
        self_harm=what_was_told(cast, says),
    )  # fmt: skip
    await work_on(school, concern, says)
    sibling = {"other_child_id": str(cast.others[-1].id), "kind": "sibling", "note": says()}
    await good(await school.lead.post(f"/v1/children/{child}/relationships", sibling))
    await a_picture(school, await a_concern(school, child, text=says()), cast, says)
    await a_guardian(world, school, child, says)
    sealed = await a_concern(school, child, text=says(SEALED))
    await classify(world, sealed, "K5")
    await raise_about(school.staff, school[Role.PASTORAL].id, account=[
        {"kind": "observed", "text": f"He drove {cast.child.whole} home. {ADULT}"},
    ])  # fmt: skip
    decided, decision = await a_decision_on_what_somebody_told(world, school, cast, says)
    status = await a_status(world, school, child)
    world.sql("update child_status set detail = %s, lead_agency = %s where id = %s", says(),
              says(), status)  # fmt: skip
    opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
    contact = await a_contact(
        world, school, child, name="Perpetua Bonnefoy", email="home@example.org"
    )
    kept = await records_kept_safe(world, school, cast, says)
    file = await a_picture(school, concern, cast, says)
    called = line(f"{says()} {WITHHELD} {cast.everybody_else()}")[:290].replace(" ", "_")
    return Record(
        cast,
        child,
        concern,
        decided,
        opened["account"][0],
        decision,
        status,
        contact,
        kept,
        file,
        called,
    )


def what_was_told(cast: Cast, says: Callable[..., str]) -> dict[str, Any]:
    """Words of the child and of who knows of it: a friend among them, by name."""
    return {
        "kind": "thoughts_of_self_harm",
        "own_words": {"value": says()},
        "first_aid_by": line(says()),
        "with_now": line(says()),
        "aware": [{"role": "friend", "name": cast.others[0].whole, "note": line(says())}],
        "told_before": {"value": [{"whom": line(says()), "when": line(says())}]},
        "immediacy_reason": line(says()),
    }


async def records_kept_safe(
    world: World, school: School, cast: Cast, says: Callable[..., str]
) -> list[str]:
    """A note and a plan with a friend in its fourth step; what stays at school holds a secret."""
    child, friend = cast.child.id, cast.others[0]
    note = {"worries": {"value": says()}, "advice_from": [{"who": says(), "child_id":
            str(friend.id)}]}  # fmt: skip
    helper = {"name": friend.whole, "number": None, "when": says(), "is_pupil": True,
              "pupil_id": str(friend.id)}  # fmt: skip
    plan = {"made_with": "joint", "language": "en", "staff_note": says(),
            "steps": {"signs": [{"words": says()}], "helpers": [helper]}}  # fmt: skip
    kept = [
        await a_kept_record(world, school, child, "support_note", note, says()),
        await a_kept_record(world, school, child, "safety_plan", plan, says()),
    ]
    await a_kept_record(
        world, school, child, "friend_support", {"offered": says(FRIENDS)}, says(FRIENDS)
    )
    return kept


async def a_picture(school: School, concern: str, cast: Cast, says: Callable[..., str]) -> str:
    """A file of a concern, called after the others; its id."""
    sent = await school.staff.request(
        "POST", f"/v1/concerns/{concern}/attachments", data={"description": line(says())},
        files={"file": (f"{cast.everybody_else()}.txt", b"A note of the day.", "text/plain")},
    )  # fmt: skip
    return str((await good(sent))["id"])


async def a_guardian(world: World, school: School, child: UUID, says: Callable[..., str]) -> None:
    """A contact whose particulars and court orders name others."""
    order = {"kind": "other", "made_on": None, "ends_on": None, "forbids_telling": False}
    await a_contact(
        world, school, child, name="Perpetua Bonnefoy", kind="other", organisation=says(),
        address=says(), restriction=says(), court_orders=[{**order, "summary": says()}],
    )  # fmt: skip


def line(text: str) -> str:
    """A text without its line breaks."""
    return text.replace("\n", " ")


async def work_on(school: School, concern: str, says: Callable[..., str]) -> None:
    """What a lead does with a concern, in words that name others."""
    path = f"/v1/concerns/{concern}"
    triage = a_triage(school[Role.DSL].id) | {"reason": says(), "level_label": says()[:60]}
    await step(school.lead, path, "triage", triage)
    due = (clock.now() + timedelta(days=2)).isoformat()
    action = {"what": says(), "owner_id": str(school[Role.DSL].id), "due_at": due}
    made = await good(await school.lead.post(f"{path}/actions", action))
    await step(school.lead, f"/v1/actions/{made['id']}", "complete", {"outcome": says()})
    decision = {"question": says(), "decision": says(), "reason": says()}
    await good(await school.lead.post(f"{path}/decisions", decision))
    await good(await school.lead.post(f"{path}/comments", {"text": says(COMMENT)}))
    here = {"name": line(says()), "staff_id": str(school[Role.STAFF].id), "note": says()}
    await good(await school.lead.post(f"{path}/with-adult", here))
    amendment = {"text": says(), "reason": says()}
    await good(await school.staff.post(f"{path}/amendments", amendment))


async def a_decision_on_what_somebody_told(
    world: World, school: School, cast: Cast, says: Callable[..., str]
) -> tuple[str, str]:
    """A decision about a concern that is not passed on itself, with its reporter's name."""
    teller: Person = await school.person(Role.STAFF, f"Quillon {TELLTALE}")
    body = {
        "children": [{"child_id": str(cast.child.id)}],
        "account": [{"kind": "observed", "text": says()}],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "source": "staff_observation", "immediacy": "today", "categories": ["not_sure"],
    }  # fmt: skip
    concern = (await good(await world.as_token(teller.token).post("/v1/concerns", body)))["id"]
    decision = {
        "question": says(),
        "decision": says(),
        "reason": f"Mr {TELLTALE} said so. {says()}",
    }
    made = await school.lead.post(f"/v1/concerns/{concern}/decisions", decision)
    return str(concern), str((await good(made))["id"])


def items_of(record: Record) -> list[dict[str, Any]]:
    """What is passed on: a concern without a passage, a decision and a status."""
    start = record.statement["text"].index(WITHHELD)
    cut = {
        "statement_id": record.statement["id"], "start": start, "end": start + len(WITHHELD),
        "reason": "Not theirs",
    }  # fmt: skip
    return [
        {
            "kind": "concern",
            "id": record.concern,
            "include": PARTS,
            "redactions": [cut],
            "attachments": [{"id": record.file, "name": record.file_told}],
        },
        {"kind": "decision", "id": record.decision},
        {"kind": "status", "id": record.status},
        *({"kind": "record", "id": id_, "reason": "It helps."} for id_ in record.kept_safe),
    ]
