"""Documents people read and print: accessible PDF from the content of a record."""

from collections.abc import Callable, Mapping
from typing import Any

from app.formats.documents.cards import card_document
from app.formats.documents.chronologies import chronology_document
from app.formats.documents.files import file_document
from app.formats.documents.letters import DocumentTooLarge, Letters
from app.formats.documents.referrals import referral_document
from app.formats.documents.setting import SettingBusy, SettingFailed, set_document
from app.formats.documents.shares import share_document
from app.formats.documents.words import LANGUAGES, Words

__all__ = [
    "LANGUAGES",
    "TEMPLATES",
    "DocumentTooLarge",
    "SettingBusy",
    "SettingFailed",
    "render",
]

TEMPLATES: Mapping[str, Callable[[Mapping[str, Any], Words, Letters], Mapping[str, Any]]] = {
    "share": share_document,
    "referral": referral_document,
    "chronology": chronology_document,
    "file": file_document,
    "card": card_document,
}


def render(template: str, content: Mapping[str, Any], *, language: str = "en") -> bytes:
    """A tagged PDF of some content (PDF/UA-1, PDF/A-2a); the same content gives the same bytes.

    `content` is the parsed JSON of a snapshot with the key `document`: `sha256` of the content,
    `made_at`, `printed_by` (may be None), `printed_at`, `reference`. It blocks: call it in a
    thread. Raises KeyError for an unknown template, ValueError for an unknown language,
    `DocumentTooLarge`, `SettingBusy`, `SettingFailed`.
    """
    lay_out, words = TEMPLATES[template], Words(language)
    return set_document(template, lambda letters: lay_out(content, words, letters))
