"""What was told of self-harm, as it leaves with its concern: in shares and in transfers."""

import json
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from app.core.words import Role
from app.domain.sharing.record_redaction import rules
from app.domain.sharing.shares.rules import CONCERN_PARTS
from app.formats.documents.answers import facts_of, pathway_facts
from app.formats.documents.words import Words
from tests.api.records import a_concern, a_share
from tests.api.sharing.test_record_redaction import FRIEND, NURSE, family_of, item, told
from tests.api.sharing.test_shares import approve, drafted
from tests.api.sharing.test_transfer_packets import (
    SCHEMA,
    bytes_of,
    files_of,
    packed,
    passphrase_of,
)
from tests.kept_safe import a_kept_record
from tests.outgoing import texts_of_pdf
from tests.transfers import upload, work_off
from tests.world import School, World

BLOCK = {
    "kind": "thoughts_of_suicide",
    "own_words": {"value": "Zebedee said I should tell. zqownwordsqz"},
    "place": {"value": "home"},
    "first_aid_by": "Mrs Hale",
    "aware": [
        {"role": "friend", "name": "Ophelia Underwing", "note": "Ophelia sat with her."},
        {"role": "staff", "name": "Mrs Hale"},
    ],
    "led_up_to": {"none": "declined"},
    "immediacy_reason": "zqimmediacyqz",
}


async def with_block(world: World, school: School) -> tuple[UUID, str]:
    """A child of whom something was told that names two others, and the concern."""
    child = await school.child("Ada", "Marsh")
    friend = await school.child(*FRIEND.split())
    concern = await a_concern(school, child, friend, self_harm=BLOCK)
    here = {
        "name": "Mrs Hale", "staff_id": str(school[Role.DSL].id), "note": "Ophelia left. zqstepqz",
    }  # fmt: skip
    answer = await school.lead.post(f"/v1/concerns/{concern}/with-adult", here)
    assert answer.status_code == 201, answer.text
    return child, concern


def block_of(content: dict[str, Any]) -> dict[str, Any]:
    """The block of the only concern."""
    found: dict[str, Any] = said(content["items"][0]["self_harm"])
    return found


def said(value: Any) -> Any:
    """The same without what is null."""
    if isinstance(value, dict):
        return {name: said(one) for name, one in value.items() if one is not None}
    return [said(one) for one in value] if isinstance(value, list) else value


def chosen(concern: str, *parts: str) -> dict[str, Any]:
    """Parts of a concern, chosen for a share."""
    return {"kind": "concern", "id": concern, "include": list(parts)}


class TestWhatWasTold:
    async def test_goes_to_a_professional_with_the_steps_and_no_pupils_name_or_id(
        self, world: World, school: School
    ) -> None:
        child, concern = await with_block(world, school)
        body = a_share(child, NURSE, items=[chosen(concern, "account", "self_harm")])
        share = (await drafted(school, body))["id"]
        assert (await approve(school.lead, share)).status_code == 200
        content = await told(school, share)
        block = block_of(content)
        assert block["told"] == {
            "own_words": {"value": "another pupil said I should tell. zqownwordsqz"},
            "place": {"value": "home"},
            "first_aid_by": "Mrs Hale",
            "aware": [
                {"role": "friend", "name": "another pupil", "note": "another pupil sat with her."},
                {"role": "staff", "name": "Mrs Hale"},
            ],
            "led_up_to": {"none": "declined"},
            "immediacy_reason": "zqimmediacyqz",
        }
        assert block["steps"][-1]["step"] == "with_adult"
        assert block["steps"][-1]["details"]["note"] == "another pupil left. zqstepqz"
        assert block["begun_by"]["name"]
        assert block["vocabulary_status"] == "draft vocabulary, not yet clinically reviewed"
        assert not rules.ID.search(json.dumps(content))
        document = await school.lead.get(f"/v1/shares/{share}/document.pdf")
        pages = " ".join(" ".join(texts_of_pdf(document.content)).split())
        for words in ("zqownwordsqz", "zqstepqz", "not yet clinically reviewed"):
            assert words in pages, words
        for secret in ("Ophelia", "Underwing", "Zebedee"):
            assert secret not in json.dumps(content) + pages, secret

    @pytest.mark.parametrize("family", [True, False])
    async def test_is_part_of_no_share_where_nobody_chose_it(
        self, world: World, school: School, family: bool
    ) -> None:
        child, concern = await with_block(world, school)
        recipient = await family_of(world, school, child) if family else NURSE
        parts = [one for one in CONCERN_PARTS if one != "self_harm"]
        body = a_share(child, recipient, items=[chosen(concern, *parts)])
        share = (await drafted(school, body))["id"]
        assert (await approve(school.lead, share)).status_code == 200
        text = json.dumps(await told(school, share))
        for words in ("self_harm", "zqownwordsqz", "zqstepqz", "zqimmediacyqz"):
            assert words not in text, words

    async def test_tells_a_family_the_words_and_not_who_else_knows_or_what_was_done(
        self, world: World, school: School
    ) -> None:
        child, concern = await with_block(world, school)
        mother = await family_of(world, school, child)
        body = a_share(child, mother, items=[chosen(concern, "self_harm")])
        share = (await drafted(school, body))["id"]
        answer = await approve(school.lead, share)
        assert answer.status_code == 200, answer.text
        block = block_of(await told(school, share))
        assert block.keys() == {"kind", "kind_told", "told", "begun_at"}
        assert block["told"] == {
            "own_words": {"value": "another pupil said I should tell. zqownwordsqz"},
            "place": {"value": "home"},
        }

    async def test_shows_a_family_no_mark_of_review(self, world: World, school: School) -> None:
        """That nobody has reviewed the words yet is for the school to know."""
        child, concern = await with_block(world, school)
        mother = await family_of(world, school, child)
        plan = await a_kept_record(world, school, child, "safety_plan", {"made_with": "joint"})
        items = [chosen(concern, "self_harm"), item(plan, reason="She helps him at home.")]
        share = (await drafted(school, a_share(child, mother, items=items)))["id"]
        answer = await approve(school.lead, share)
        assert answer.status_code == 200, answer.text
        content = await told(school, share)
        document = await school.lead.get(f"/v1/shares/{share}/document.pdf")
        pages = " ".join(" ".join(texts_of_pdf(document.content)).split())
        shown = [
            *pathway_facts(Words("en"), block_of(content)),
            *facts_of(Words("en"), content["items"][1]),
        ]
        assert "zqownwordsqz" in pages
        for text in (json.dumps(content), pages, str(shown)):
            assert "reviewed" not in text

    async def test_is_null_where_nothing_was_told(self, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        body = a_share(child, NURSE, items=[chosen(concern, "self_harm")])
        share = (await drafted(school, body))["id"]
        await approve(school.lead, share)
        assert block_of(await told(school, share)) is None

    async def test_travels_in_the_packet_and_is_read_where_it_is_received(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, _ = await with_block(world, school)
        await a_concern(school, child, text="Nothing of this kind.")
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        phrase = await passphrase_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=phrase)
        record = json.loads(files["record.json"])
        Draft202012Validator(SCHEMA).validate(record)
        found = [one["content"] for one in record["records"] if one["kind"] == "concern"]
        assert sorted("self_harm" in one for one in found) == [False, True]
        (block,) = [one["self_harm"] for one in found if "self_harm" in one]
        assert block["told"]["aware"][0]["name"] == "another pupil"
        assert block["steps"][-1]["by"]["name"]
        assert not rules.ID.search(json.dumps(block))
        pages = " ".join(texts_of_pdf(files["file.pdf"]))
        for words in ("zqownwordsqz", "zqstepqz"):
            assert words in pages, words
        for secret in ("Ophelia", "Underwing", "Zebedee", "Quillfeather"):
            assert secret not in json.dumps(record) + pages, secret
        there = await accepted(world, other_school, packet, phrase)
        kept = [one for one in there if one["kind"] == "concern"]
        assert [one["content"]["self_harm"] for one in kept if "self_harm" in one["content"]] == [
            block
        ]

    async def test_is_read_by_a_receiver_that_gets_none(
        self, world: World, school: School, other_school: School
    ) -> None:
        """A file of an earlier writer, or of somebody with nothing to tell, is read as before."""
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        there = await accepted(
            world, other_school, packet, await passphrase_of(school, transfer["id"])
        )
        (kept,) = [one for one in there if one["kind"] == "concern"]
        assert "self_harm" not in kept["content"]


async def accepted(world: World, there: School, packet: bytes, phrase: str) -> list[dict[str, Any]]:
    """The records of a packet as the receiving school opens them."""
    incoming = (await upload(there.lead, packet, phrase)).json()
    child = await there.child("Ada", "Marsh")
    body = {"child_id": str(child), "signer_checked": "By telephone."}
    version = (await there.lead.get(f"/v1/incoming-transfers/{incoming['id']}")).headers["etag"]
    answer = await there.lead.post(
        f"/v1/incoming-transfers/{incoming['id']}/accept", body, version=version.strip('"')
    )
    assert answer.status_code < 300, answer.text
    await work_off(world, there)
    (file,) = (await there.lead.get(f"/v1/children/{child}/received-files")).json()["items"]
    ids = [one["id"] for one in file["records"]]
    return [(await there.lead.get(f"/v1/received-records/{id_}")).json() for id_ in ids]
