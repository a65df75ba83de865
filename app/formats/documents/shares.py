"""A share as a letter: who to, who about, why, and then what is shared."""

from collections.abc import Mapping
from typing import Any

from app.formats.documents.approvals import approval_facts
from app.formats.documents.letters import Letters
from app.formats.documents.parts import Sheet, laid_out
from app.formats.documents.records import item_of
from app.formats.documents.words import Words, initial

FAMILY = frozenset({"parent", "child"})


def share_document(content: Mapping[str, Any], words: Words, letters: Letters) -> dict[str, Any]:
    """Lay out content of the format `cairn-share/1`; families read plainer words."""
    recipient = content["recipient"]
    family = recipient.get("kind") in FAMILY
    sheet = Sheet(words.for_family() if family else words, letters)
    words = sheet.words
    sheet.facts(
        [
            (words("for"), recipient_of(words, recipient)),
            *_about(words, content),
            *approval_facts(words, content["document"], by_rule=True),
        ]
    )
    if family:
        sheet.text(words("family_intro", school=content["school"]["name"]))
    share_parts(sheet, content)
    sheet.heading(words("others"))
    sheet.text(words("others_text"))
    sheet.heading(words("reply"))
    sheet.text(words("reply_text", reference=initial(content.get("reference"))))
    if family:
        _help(sheet, content["school"])
    return laid_out(sheet, content, title=words("share_title"), heading=words("share"))


def share_parts(sheet: Sheet, content: Mapping[str, Any], level: int = 2) -> None:
    """Why something is shared, and the items; the lawful basis is for professionals."""
    words = sheet.words
    kind = "family_" if words.family else ""
    sheet.heading(words("family_why" if words.family else "purpose"), level)
    sheet.text(words.term("share_purposes", content.get("purpose")))
    if content.get("purpose_detail"):
        sheet.text(content["purpose_detail"])
    if content.get("lawful_basis") and not words.family:
        sheet.facts([(words("lawful_basis"), words.term("lawful_bases", content["lawful_basis"]))])
    sheet.heading(words(f"{kind}what"), level)
    for item in content.get("items") or ():
        item_of(sheet, item, level + 1)


def _about(words: Words, content: Mapping[str, Any]) -> list[tuple[str, object]]:
    child = content["child"]
    return [
        (words("about"), child["name"]),
        (words("known_as"), _other_name(child)),
        (words("date_of_birth"), words.day(child.get("date_of_birth"))),
        (words("from"), content["school"]["name"]),
        (words("reference"), content.get("reference")),
    ]


def _help(sheet: Sheet, school: Mapping[str, Any]) -> None:
    """Whom to phone: the same lines as on the page a family reads."""
    words = sheet.words
    known = school.get("phone")
    phone = (
        words("help_school", school=school["name"], phone=known)
        if known
        else words("help_school_unknown")
    )
    lines = (phone, *(words(name) for name in ("help_danger", "help_police", "help_childline")))
    sheet.notice(words("help"), "\n\n".join(lines))


def recipient_of(words: Words, recipient: Mapping[str, Any]) -> str:
    """Who it is for, line by line."""
    kind = recipient.get("kind")
    lines = [
        recipient.get("name"),
        recipient.get("job_title"),
        recipient.get("organisation"),
        words.term("recipient_kinds", kind) if kind in FAMILY else None,
    ]
    return "\n".join(str(line) for line in lines if line)


def _other_name(child: Mapping[str, Any]) -> str | None:
    known = child.get("known_as")
    return None if known == child.get("name") else known
