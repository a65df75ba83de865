"""One-line summaries of dated things, whose codes are said in words."""

from app.formats.documents.words import Words, initial

CODED = {"share": "share_purposes", "referral": "referral_kinds", "transfer": "transfer_reasons"}
PARTS = ("referral_kinds", "referral_outcomes")
SEPARATORS = ", "


def summary_of(words: Words, kind: object, text: object) -> str:
    """The summary of an entry; that of a status and of a referral begins with its code."""
    summary, name = initial(text), initial(kind)
    if name == "status":
        return _status(words, summary)
    if name == "referral":
        return " / ".join(_labelled(words, part) for part in summary.split(" / "))
    if name in CODED and words.knows(CODED[name], summary):
        return words.term(CODED[name], summary)
    return summary


def _status(words: Words, summary: str) -> str:
    code = summary.replace(",", " ").split(" ", 1)[0]
    if not words.knows("child_status_kinds", code):
        return summary
    label = words.term("child_status_kinds", code)
    detail = summary[len(code) :].lstrip(SEPARATORS)
    return f"{label}: {detail}" if detail else label


def _labelled(words: Words, part: str) -> str:
    for vocabulary in PARTS:
        if words.knows(vocabulary, part):
            return words.term(vocabulary, part)
    return part
