"""Referrals of a record with secrets, and every way in which an agency reads them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from app.domain.sharing.referral_deliveries.commands import SENT, parcel_of
from tests.api import referring
from tests.api.leaving_files import word_for
from tests.cast_record import Pick, Record, good, items_of, line
from tests.outgoing import texts_of_html, texts_of_json, texts_of_pdf
from tests.recipient_pages import Link, Visitor
from tests.world import Api, School, World

AGENCY = "/v1/agency/referrals"
CHOSEN = ("concern", "decision", "status")
Texts = dict[str, list[str]]


async def every_referral(world: World, school: School, record: Record, pick: Pick) -> Texts:
    """Two kinds of referral as their readers get them; then one that names others on purpose."""
    agency = await referring.an_agency(school)
    world.sql(
        "update agency set webhook_url = 'https://agency.example/', webhook_secret = '\\x00' "
        "where id = %s", agency,
    )  # fmt: skip
    first = await a_body(school, record, agency, pick)
    id_ = await referring.a_sent(school, first, route="webhook", to="Case system")
    system = await referring.a_key(world, school, agency)
    found = {
        **await documents(school, id_, "referral"),
        **await by_key(system, id_),
        **await behind_a_link(world, school, id_),
        "webhooks: agency": [await told_to_agency(world, school, id_)],
    }
    found |= await documents(school, await social_care(school, record, agency, pick), "referral 2")
    named = {"name_others": {"decided": True, "reason": "They live together."}}
    naming = await referring.a_sent(school, await a_body(school, record, agency, pick) | named)
    for one in (id_, naming):
        await talk(school, system, one, record, pick)
    return found


async def a_body(school: School, record: Record, agency: str, pick: Pick) -> dict[str, Any]:
    """Early help, with an extract of the chronology; whatever can be said names others."""

    def says() -> str:
        return record.cast.says(pick)

    entries = (await school.lead.get(f"/v1/children/{record.child}/chronology?limit=200")).json()
    mine = {record.concern, record.decision, record.status}
    ids = [
        one["id"]
        for one in entries["items"]
        if one["kind"] in CHOSEN and mine & {one["about"]["id"], one["concern_id"]}
    ]
    assert ids
    consent = {
        "by": line(says()), "covers": line(says()), "reason": says(),
        "young_persons_view": says(),
    }  # fmt: skip
    return {
        "child_id": str(record.child), "agency_id": agency, "kind": "early_help",
        "urgency": "routine", "concern_id": record.concern,
        "fields": {**referring.ANSWERS, "needs": {"state": "value", "value": says()}},
        "consent": {**referring.CONSENT, **consent}, "prefill": True,
        "lawful_basis": "public_task", "items": items_of(record),
        "chronology": {"choice": "chosen", "entries": ids},
    }  # fmt: skip


async def social_care(school: School, record: Record, agency: str, pick: Pick) -> str:
    """Children's social care, filled from the record and answered where that says nothing."""
    first = await a_body(school, record, agency, pick)
    body = first | {"kind": "childrens_social_care", "fields": {}}
    id_ = await referring.a_draft(school, body)
    form = await good(await school.lead.get("/v1/referral-kinds/childrens_social_care"))
    asked = {one["name"]: one for part in form["sections"] for one in part["fields"]}
    missing = await good(await school.lead.get(f"/v1/referrals/{id_}/missing"))
    names = [one["pointer"].removeprefix("/fields/") for one in missing["items"]]
    fields = {name: an_answer(asked[name], record, pick) for name in names if name in asked}
    version = (await school.lead.get(f"/v1/referrals/{id_}")).headers["etag"].strip('"')
    await good(await school.lead.patch(f"/v1/referrals/{id_}", {"fields": fields}, version=version))
    word = await word_for(school.lead, f"/v1/referrals/{id_}")
    approval = {"reason": "Help is needed.", "attachments": word}
    await good(await referring.step(school.lead, id_, "approve", approval))
    how = {"route": "secure_email", "at": referring.now(), "to": "MASH"}
    await good(await referring.step(school.lead, id_, "send", how))
    return id_


def an_answer(field: Mapping[str, Any], record: Record, pick: Pick) -> dict[str, Any]:
    """An answer of the field's type that names others where it can."""
    said = record.cast.says(pick)
    values: dict[str, Any] = {
        "text": said, "line": line(said), "person": {"name": "Kit Roe", "note": said},
        "yes_no": True, "date": "2026-01-05",
    }  # fmt: skip
    value = field["choices"][0] if field["choices"] else values[field["type"]]
    return {"state": "value", "value": [value] if field["multi"] else value}


async def documents(school: School, id_: str, name: str) -> Texts:
    """What the school itself can print or hand on."""
    path = f"/v1/referrals/{id_}/document"
    return {
        f"{name}: content": texts_of_json((await school.lead.get(f"{path}.json")).content),
        f"{name}: document.pdf": texts_of_pdf((await school.lead.get(f"{path}.pdf")).content),
    }


async def by_key(system: Api, id_: str) -> Texts:
    """What the agency's own system reads."""
    return {
        "referral: list by key": texts_of_json(read(await system.get(AGENCY))),
        "referral: by key": texts_of_json(read(await system.get(f"{AGENCY}/{id_}"))),
        "referral: json by key": texts_of_json(
            read(await system.get(f"{AGENCY}/{id_}/document.json"))
        ),
        "referral: by key document.pdf": texts_of_pdf(
            read(await system.get(f"{AGENCY}/{id_}/document.pdf"))
        ),
        "referral: by key file": file_of(await system.get(f"{AGENCY}/{id_}/attachments/1")),
    }


async def behind_a_link(world: World, school: School, id_: str) -> Texts:
    """What somebody at the agency reads on the page, and downloads there."""
    sending = {"code_route": "phone", "by_hand": True}
    sent = await good(await referring.step(school.lead, id_, "link", sending))
    link = Link(id_, sent["link"].rpartition("/")[2], sent["code"])
    return await read_page(Visitor(world, link), "referral")


async def read_page(visitor: Visitor, name: str) -> Texts:
    """The page behind a link, and the file that it offers."""
    page = await visitor.open()
    assert page.status_code == 200, page.text
    file = await visitor.get("/document.pdf")
    assert file.headers["content-type"] == "application/pdf"
    return {
        f"{name}: page file": file_of(await visitor.get("/attachments/1")),
        f"{name}: page": texts_of_html(page.text),
        f"{name}: page document.pdf": texts_of_pdf(file.content),
    }


async def told_to_agency(world: World, school: School, id_: str) -> str:
    """The body of the message to the agency's system."""
    [(args,)] = world.sql(
        "select args from procrastinate_jobs where args ->> 'referral_id' = %s", id_
    )
    async with world.work(school.id) as work:
        parcel = await parcel_of(
            work, UUID(id_), UUID(args["event_id"]), SENT, "https://cairn.example"
        )
    assert parcel is not None
    return parcel.body.replace(id_, "")


async def talk(school: School, system: Api, id_: str, record: Record, pick: Pick) -> None:
    """The agency asks and decides and is answered, in words that name others."""
    says = record.cast.says
    await good(await system.post(f"{AGENCY}/{id_}/questions", {"text": says(pick)}))
    await good(await referring.step(school.lead, id_, "answers", {"text": says(pick)}))
    outcome = {"outcome": "accepted", "by": "Jo Bell", "reason": says(pick)}
    await good(await system.post(f"{AGENCY}/{id_}/outcome", outcome))


def file_of(answer: httpx.Response) -> list[str]:
    """A file that was sent, and what its headers say."""
    return [str(sorted(answer.headers.items())), read(answer).decode()]


def read(answer: httpx.Response) -> bytes:
    """The bytes of what was answered."""
    assert answer.status_code == 200, answer.text
    return answer.content
