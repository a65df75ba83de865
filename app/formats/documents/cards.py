"""A pupil's own plan as a card: as values for any front end, and laid out in large type.

It says what the pupil wrote and who to call, and nothing else that is known of the pupil.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import DRAFT
from app.formats.documents.helplines import SHOUT, Line, in_language
from app.formats.documents.letters import Letters
from app.formats.documents.words import LANGUAGES, Words, as_time

FORMAT: Final = "cairn-plan-card/1"
STEPS: Final = ("signs", "alone", "company", "helpers", "services", "safer_space")
BESIDE: Final = ("hold_on_to", "at_school", "not_helpful")
MOST_FIRST: Final = 4
"""Helpers on the first page; all of them stand under their step."""
SHORT: Final = 40
"""Letters that stand beside what they are called, on one line."""

SAID: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("My plan", "Fy nghynllun"),
    "version": ("Version {number}", "Fersiwn {number}"),
    "agreed": ("agreed {day}", "cytunwyd {day}"),
    "again": ("we read it again by {day}", "byddwn yn ei ddarllen eto erbyn {day}"),
    "now": ("If I am not safe right now", "Os nad ydw i'n ddiogel nawr"),
    "foot": (
        "Life in danger: 999. Urgent help: {urgent}. Somebody to talk to: {talk}.",
        "Bywyd mewn perygl: 999. Help ar frys: {urgent}. Rhywun i siarad ag ef: {talk}.",
    ),
    "or": (" or ", " neu "),
    "nothing": ("Nothing written here yet.", "Does dim wedi'i ysgrifennu yma eto."),
    "draft": (
        "This is a draft: we are still writing it.",
        "Drafft yw hwn: rydym yn dal i'w ysgrifennu.",
    ),
    "replaced": ("There is a newer plan. Ask for it.", "Mae cynllun mwy newydd. Gofynnwch amdano."),
    "ended": ("This plan has ended.", "Mae'r cynllun hwn wedi dod i ben."),
    "said_yes": ("has said yes", "wedi cytuno"),
    "who": ("Who does it: {who}", "Pwy sy'n gwneud: {who}"),
    "done": ("done {day}", "gwnaed {day}"),
    "checked": ("looked at again {day}", "edrychwyd eto {day}"),
    "exit_card": ("Exit card", "Cerdyn gadael"),
    "room": ("Room", "Ystafell"),
    "adult": ("Adult", "Oedolyn"),
    "words_to_use": ("Words to use", "Geiriau i'w defnyddio"),
    "other": ("Also", "Hefyd"),
}  # fmt: skip

Row = Mapping[str, Any]


def language_of(plan_language: str) -> str:
    """The language of the card's own words: Welsh for a plan in Welsh, English for all others."""
    return "cy" if plan_language.lower().split("-")[0] == "cy" else LANGUAGES[0]


def card_of(
    content: Row,
    *,
    number: int,
    state: str,
    agreed_at: Any,
    review_due_at: Any,
    call: Sequence[Line],
) -> Row:
    """A card's content from what an audience may read of a plan: nothing is left out of a step.

    `call` is who this pupil can call. A step in which nothing stands is not on the card.
    """
    language = language_of(content.get("language") or "en")
    return {
        "format": FORMAT,
        "vocabulary_status": DRAFT,
        "language": language,
        "plan_language": content.get("language") or "en",
        "title": _phrase("title", language),
        "number": number,
        "state": state,
        "agreed_at": agreed_at,
        "review_due_at": review_due_at,
        "always": [in_language(item, LANGUAGES.index(language)) for item in call],
        "steps": [
            {
                "step": step, "number": number, "label": _label(step, language),
                "lines": [_line(step, item, language) for item in written],
            }
            for number, step in enumerate(STEPS, start=1)
            if (written := content["steps"].get(step))
        ],
        "beside": [
            {"step": step, "label": _label(step, language), "lines": lines}
            for step in BESIDE
            if (lines := _lines_beside(step, content.get(step), language))
        ],
    }  # fmt: skip


def _phrase(phrase: str, language: str, **filled: object) -> str:
    return SAID[phrase][LANGUAGES.index(language)].format(**filled)


def _label(step: str, language: str) -> str:
    return Words(language).term("safety_plan_steps", step)


EMPTY: Final[Row] = {
    "name": None, "number": None, "when": None, "agreed": None, "words": None, "picture": None,
    "picture_character": None, "where": None, "where_label": None, "who": None, "done_on": None,
    "checked_on": None,
}  # fmt: skip


def _line(step: str, given: Row, language: str) -> dict[str, Any]:
    if step in ("helpers", "services"):
        fields = {name: given.get(name) for name in ("name", "number", "when", "agreed")}
        return {**EMPTY, **fields}
    if step == "safer_space":
        fields = {name: given.get(name) for name in ("where", "who", "done_on", "checked_on")}
        place = _place_label(given.get("where"), language)
        return {**EMPTY, **fields, "words": given.get("what"), "where_label": place}
    return _entry(given, language)


def _entry(given: Row, language: str) -> dict[str, Any]:
    picture = given.get("picture")
    known = VOCABULARIES["safety_plan_pictures"].by_code.get(str(picture)) if picture else None
    words = given.get("words")
    if known and not words:
        words = Words(language).term("safety_plan_pictures", picture)
    fields = {"words": words, "picture": picture, "picture_character": known and known.notes}
    return {**EMPTY, **fields}


def _place_label(where: object, language: str) -> str | None:
    if not where:
        return None
    return Words(language).term("safety_plan_places", where)


def _lines_beside(step: str, given: Any, language: str) -> list[dict[str, Any]]:
    if step != "at_school":
        return [_entry(item, language) for item in given or ()]
    return [
        {**EMPTY, "name": _phrase(name, language), "words": given[name]}
        for name in ("exit_card", "room", "adult", "words_to_use", "other")
        if given and given.get(name)
    ]


def card_document(content: Row, words: Words, letters: Letters) -> dict[str, Any]:
    """Lay out a card; its title and what else programs show of it names nobody."""
    language = content["language"]
    texts = _Said(words, letters, language)
    about = content["document"]
    moment = as_time(about["printed_at"])
    if moment is None:
        raise ValueError("a card says when it was printed")
    parts = [
        texts.part(step, f"{number} ") for number, step in enumerate(content["steps"], start=1)
    ]
    parts += [texts.part(item, "") for item in content["beside"]]
    notices = [_phrase(content["state"], language)] if content["state"] in SAID else []
    if letters.named:
        notices.append(words("no_shape_text", count=letters.named))
    return {
        "language": language,
        "title": content["title"],
        "heading": content["title"],
        "made": [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second],
        "about": texts.about(content),
        "notices": notices,
        "now": _phrase("now", language),
        "always": content["always"],
        "first": texts.first(content),
        "nothing": _phrase("nothing", language),
        "parts": parts,
        "foot": {
            "now": _foot(content["always"], language), "page": words("page"), "of": words("of"),
        },
    }  # fmt: skip


def _foot(always: Sequence[Row], language: str) -> str:
    """Who to call, on one line of every page; a number is never parted."""
    urgent, *talk = (alway["number"].replace(" ", "\u00a0") for alway in always[1:])
    spoken = [number for number in talk if number != SHOUT.number]
    return _phrase("foot", language, urgent=urgent, talk=_phrase("or", language).join(spoken))


class _Said:
    """The lines of one card as the typesetter takes them."""

    def __init__(self, words: Words, letters: Letters, language: str) -> None:
        self.words = words
        self.letters = letters
        self.language = language

    def about(self, content: Row) -> str:
        """Which version it is, since when, and until when."""
        items = [_phrase("version", self.language, number=content["number"])]
        for name, phrase in (("agreed_at", "agreed"), ("review_due_at", "again")):
            if content.get(name):
                day = self.words.day(content[name])
                items.append(_phrase(phrase, self.language, day=day))
        return " \u00b7 ".join(items)

    def part(self, part: Row, before: str) -> dict[str, Any]:
        """One step under its label."""
        lines = [self.line(line) for line in part["lines"]]
        return {"label": f"{before}{part['label']}", "lines": lines}

    def first(self, content: Row) -> Mapping[str, Any] | None:
        """The first helpers who have a number: they stand beside the numbers that are for all."""
        step = next((item for item in content["steps"] if item["step"] == "helpers"), None)
        if step is None:
            return None
        lines = [
            {
                "name": self.letters.line(line["name"] or ""),
                "number": self.letters.line(line["number"]),
            }
            for line in step["lines"]
            if line["number"]
        ][:MOST_FIRST]
        return {"label": step["label"], "lines": lines} if lines else None

    def line(self, row: Row) -> dict[str, Any]:
        """One line: what is called, its number, the words, and what is known of it."""
        words = row["words"] or ""
        number = row["number"] or ""
        return {
            "picture": self.letters.line(row["picture_character"] or ""),
            "strong": self.letters.line(row["name"] or row["where_label"] or ""),
            "number": self.letters.line(number),
            "words": self.letters.paragraphs(words) if words else [],
            "short": len(words) <= SHORT and "\n" not in words,
            "quiet": self.letters.line(" \u00b7 ".join(self._known(row))),
        }

    def _known(self, row: Row) -> Sequence[str]:
        items = [row["when"]] if row["when"] else []
        if (row["agreed"] or {}).get("value") is True:
            items.append(_phrase("said_yes", self.language))
        if row["who"]:
            items.append(_phrase("who", self.language, who=row["who"]))
        for name, phrase in (("done_on", "done"), ("checked_on", "checked")):
            if row[name]:
                items.append(_phrase(phrase, self.language, day=self.words.day(row[name])))
        return items
