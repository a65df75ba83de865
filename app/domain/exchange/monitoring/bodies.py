"""What can be read of an alert's body: cleaned and cut for people, while the whole is kept as raw.

Nothing here refuses: a strange snippet or subject must not keep an alert from being seen.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

SUBJECT_FIELDS = ("upn", "mis_id", "email", "username", "name")
LONGEST_SNIPPET = 5_000
LONGEST_LINE = 500
LONGEST_ADDRESS = 2_000
MOST_TERMS = 100
MOST_LINKS = 20
REVIEW_FIELDS = ("status", "reviewer", "reviewed_at", "outcome")
LINK_FIELDS = ("url", "media_type", "sha256", "expires_at")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def content_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What people are shown of a body; a field that says nothing readable is absent."""
    device = body.get("device")
    found = {
        "subject": _texts(body.get("subject"), SUBJECT_FIELDS),
        "device": _texts(device, ("name", "ip")) or _only("name", text_of(device)),
        "application": text_of(body.get("application")),
        "url": text_of(body.get("url"), LONGEST_ADDRESS),
        "matched_terms": _terms(body.get("matched_terms")),
        "snippet": text_of(body.get("snippet"), LONGEST_SNIPPET),
        "evidence": _links(body.get("evidence")),
        "review": _texts(body.get("review"), REVIEW_FIELDS),
    }
    return {name: value for name, value in found.items() if value}


def text_of(value: Any, longest: int = LONGEST_LINE) -> str | None:
    """A value as text that can be kept, or None where there is none in it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    plain = _UNSTORABLE.sub("\ufffd", str(value)).strip()
    return plain if len(plain) <= longest else plain[: longest - 1] + "\u2026"


def _only(name: str, value: str | None) -> dict[str, str]:
    return {name: value} if value else {}


def _texts(value: Any, names: Sequence[str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    found = {name: text_of(value.get(name)) for name in names}
    return {name: text for name, text in found.items() if text}


def _terms(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    found = [text_of(one) for one in listed[:MOST_TERMS]]
    return [text for text in found if text]


def _links(value: Any) -> list[dict[str, str]]:
    """Links as they were said; nothing here or elsewhere follows one."""
    listed = value if isinstance(value, list) else [value]
    found = []
    for one in listed[:MOST_LINKS]:
        link = _texts(one, LINK_FIELDS)
        address = text_of(one.get("url"), LONGEST_ADDRESS) if isinstance(one, Mapping) else None
        if address:
            link["url"] = address
        if link:
            found.append(link)
    return found
