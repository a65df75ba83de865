"""The words a document puts around a record, in English and Welsh, and how it writes times."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.welsh import WELSH

SCHOOL_TIME = ZoneInfo("Europe/London")
DAY_LENGTH = len("2026-11-25")
LANGUAGES = ("en", "cy")
ANOTHER = "another pupil"
BEGINNING = re.compile(
    r"((?:^|[.!?][\"\u201d\u2019')]*\s+|\n)[\"\u201c\u2018'(]*)a(?=nother pupil\b)"
)
MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December"),
    "cy": ("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst",
           "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
}  # fmt: skip

WORDS: Mapping[str, tuple[str, str]] = {
    "page": ("Page", "Tudalen"),
    "of": ("of", "o"),
    "classification": ("Confidential: safeguarding", "Cyfrinachol: diogelu"),
    "printed": ("Printed copy, made {at}{by}. The record may have changed since.",
                "Copi printiedig, gwnaed {at}{by}. Gall y cofnod fod wedi newid ers hynny."),
    "by": (" by {name}", " gan {name}"),
    "hash": ("SHA-256 of the content: {hash}", "SHA-256 y cynnwys: {hash}"),
    "no_shape": ("About the letters in this document", "Am y llythrennau yn y ddogfen hon"),
    "no_shape_text": (
        "Characters that the fonts of this document cannot show: {count}. Each is shown by its "
        "Unicode number, such as \u2039U+4E00\u203a. The record itself holds them unchanged.",
        "Nid oes siâp i {count} o nodau yn ffontiau'r ddogfen hon. Dangosir pob un yn ôl ei rif "
        "Unicode, megis \u2039U+4E00\u203a. Mae'r cofnod ei hun yn eu cadw heb eu newid.",
    ),
    "share": ("Information shared with you", "Gwybodaeth a rennir â chi"),
    "share_title": ("Shared information", "Gwybodaeth a rennir"),
    "for": ("For", "At"),
    "about": ("About", "Ynghylch"),
    "from": ("From", "Oddi wrth"),
    "date_of_birth": ("Date of birth", "Dyddiad geni"),
    "reference": ("Reference", "Cyfeirnod"),
    "known_as": ("Known as", "Enw arferol"),
    "purpose": ("Why we share this", "Pam rydym yn rhannu hyn"),
    "lawful_basis": ("Lawful basis", "Sail gyfreithlon"),
    "approved": ("Approved", "Cymeradwywyd"),
    "approval": ("Approval", "Cymeradwyaeth"),
    "made": ("Made", "Gwnaed"),
    "sent_before": (
        "Sent before approval, as an emergency; to be reviewed afterwards",
        "Anfonwyd cyn ei gymeradwyo, fel argyfwng; i'w adolygu wedyn",
    ),
    "sent_before_reviewed": (
        "Sent before approval, as an emergency; reviewed {at}{by}",
        "Anfonwyd cyn ei gymeradwyo, fel argyfwng; adolygwyd {at}{by}",
    ),
    "what": ("What we share", "Yr hyn rydym yn ei rannu"),
    "family_intro": (
        "{school} is sharing this with you. A person at the school chose what is in it.",
        "Mae {school} yn rhannu hyn \u00e2 chi. Person yn yr ysgol a ddewisodd beth sydd ynddo.",
    ),
    "family_why": ("Why", "Pam"),
    "family_what": ("What the school wrote down", "Beth a ysgrifennodd yr ysgol"),
    "family_concern": ("A worry that was written down", "Pryder a ysgrifennwyd"),
    "help": ("Who can help", "Pwy all helpu"),
    "help_school": ("Phone {school}: {phone}", "Ffoniwch {school}: {phone}"),
    "help_school_unknown": (
        "If something is not clear, phone the school. Use a number you already have.",
        "Os nad yw rhywbeth yn glir, ffoniwch yr ysgol. Defnyddiwch rif sydd gennych eisoes.",
    ),
    "help_danger": (
        "Is a child in danger now? Phone\u00a0999.",
        "A oes plentyn mewn perygl nawr? Ffoniwch\u00a0999.",
    ),
    "help_police": (
        "To reach the police when it is not an emergency, phone\u00a0101.",
        "I gyrraedd yr heddlu pan nad yw'n argyfwng, ffoniwch\u00a0101.",
    ),
    "help_childline": (
        "A child can talk to Childline at any time, free, on 0800\u00a01111.",
        "Gall plentyn siarad \u00e2 Childline ar unrhyw adeg, am ddim, ar 0800\u00a01111.",
    ),
    "concern": ("Concern", "Pryder"),
    "recorded": ("Written down", "Cofnodwyd"),
    "happened": ("Happened", "Digwyddodd"),
    "written_by": ("Written down by", "Cofnodwyd gan"),
    "children": ("Children concerned", "Plant dan sylw"),
    "role": ("Role", "Rôl"),
    "account": ("What was seen and said", "Yr hyn a welwyd ac a ddywedwyd"),
    "prompted_by": ("Asked beforehand", "Gofynnwyd cyn hynny"),
    "basis": ("Because", "Oherwydd"),
    "told_by": ("Told by", "Dywedwyd gan"),
    "place": ("Where", "Ble"),
    "context": ("Setting", "Lleoliad"),
    "categories": ("Kind of concern", "Math o bryder"),
    "outcome": ("Outcome", "Y canlyniad"),
    "state": ("State", "Statws"),
    "amendments": ("Added or corrected later", "Ychwanegwyd neu gywirwyd wedyn"),
    "self_harm": (
        "What was said about self-harm or about dying",
        "Yr hyn a ddywedwyd am hunan-niwed neu eiriau am farw",
    ),
    "body_map": ("Marks on the body", "Marciau ar y corff"),
    "mark": ("Mark", "Marc"),
    "mark_where": ("Where", "Ble"),
    "mark_look": ("Size, colour, shape", "Maint, lliw, siâp"),
    "explanation": ("Explanation given", "Eglurhad a roddwyd"),
    "drawing": ("{view}: {count} marked", "{view}: {count} wedi'u marcio"),
    "drawn_only": (
        "{view}: {count} marks, drawn as dots; the table names each",
        "{view}: {count} marc, fel dotiau; mae'r tabl yn enwi pob un",
    ),
    "decisions": ("Decisions", "Penderfyniadau"),
    "decision": ("Decision", "Penderfyniad"),
    "question": ("Question", "Cwestiwn"),
    "decided": ("Decided", "Penderfynwyd"),
    "reason": ("Reasons", "Rhesymau"),
    "decided_by": ("Decided by", "Penderfynwyd gan"),
    "actions": ("What was or will be done", "Yr hyn a wnaed neu a wneir"),
    "action": ("Action", "Gweithred"),
    "owner": ("Who", "Pwy"),
    "due": ("Due", "Erbyn"),
    "files_sent": ("Files that go with this", "Ffeiliau sy'n mynd gyda hyn"),
    "files_sent_text": (
        "They are not in this document: the recipient gets them separately.",
        "Nid ydynt yn y ddogfen hon: mae'r sawl y mae ar ei gyfer yn eu cael wrth ei hochr.",
    ),
    "file": ("File", "Ffeil"),
    "file_size": ("Size", "Maint"),
    "file_hash": ("SHA-256 of the file", "SHA-256 y ffeil"),
    "bytes": ("{count} bytes", "{count} beit"),
    "file_active_content": (
        "May hold small programs: do not let them run.",
        "Gall gynnwys rhaglenni bach: peidiwch â gadael iddynt redeg.",
    ),
    "file_macros": (
        "Holds small programs: do not let them run.",
        "Mae'n cynnwys rhaglenni bach: peidiwch â gadael iddynt redeg.",
    ),
    "file_external_content": (
        "Fetches something from elsewhere when it is opened.",
        "Mae'n nôl rhywbeth o rywle arall pan gaiff ei hagor.",
    ),
    "file_formulas": (
        "A table with cells that a program may run as formulas: do not let it.",
        "Tabl â chelloedd y gallai rhaglen eu cyfrifo: peidiwch â gadael iddi.",
    ),
    "file_not_scanned": (
        "Nobody has checked it for viruses.",
        "Nid oes neb wedi chwilio am firysau ynddi.",
    ),
    "status": ("Status", "Statws"),
    "valid_from": ("From", "O"),
    "valid_to": ("Until", "Tan"),
    "lead_agency": ("Lead agency", "Asiantaeth arweiniol"),
    "detail": ("Detail", "Manylion"),
    "reply": ("If something here is wrong", "Os oes rhywbeth yn anghywir yma"),
    "reply_text": (
        "You can answer this letter, ask a question, or ask for something to be corrected. Use "
        "the page this document came from, or ask the school and give the reference {reference}.",
        "Gallwch ateb y llythyr hwn, gofyn cwestiwn, neu ofyn am gywiro rhywbeth. Defnyddiwch y "
        "dudalen y daeth y ddogfen hon ohoni, neu gofynnwch i'r ysgol gan roi'r cyfeirnod "
        "{reference}.",
    ),
    "others_text": (
        "Other children are not named. Where this document says \u201canother pupil\u201d, a name "
        "was left out to protect them.",
        "Ni enwir plant eraill. Lle mae'r ddogfen hon yn dweud \u201canother pupil\u201d, gadawyd "
        "enw allan i'w diogelu.",
    ),
    "others": ("Other people", "Pobl eraill"),
    "not_known": ("Not known", "Ddim yn hysbys"),
    "about_then": ("about {at}", "tua {at}"),
    "nothing": ("Nothing", "Dim"),
    "member_of_staff": ("a member of staff", "aelod o staff"),
    "another_pupil": ("another pupil", "disgybl arall"),
}  # fmt: skip

FAMILY: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "share_purposes": {
        "protect_from_harm": ("To protect the child from harm", "I amddiffyn y plentyn rhag niwed"),
        "protect_another_child": ("To protect another child", "I amddiffyn plentyn arall"),
        "inform_parent": ("To keep you informed", "I roi gwybod i chi"),
        "support_plan": ("To plan support, or to see how it is going",
                         "I gynllunio cymorth, neu weld sut mae'n mynd"),
        "conference_or_review": ("For a conference or a review",
                                 "Ar gyfer cynhadledd neu adolygiad"),
        "assessment": ("For an assessment by an agency", "Ar gyfer asesiad gan asiantaeth"),
        "police_enquiry": ("For a police enquiry", "Ar gyfer ymchwiliad gan yr heddlu"),
        "change_of_school": ("Because of a change of school", "Oherwydd newid ysgol"),
        "court_or_tribunal": ("For a court or tribunal", "Ar gyfer llys neu dribiwnlys"),
        "statutory_duty": ("Because the law says so", "Am fod y gyfraith yn gofyn am hynny"),
        "other": ("For another purpose", "At ddiben arall"),
    },
    "concern_states": {
        "raised": ("Written down", "Wedi'i ysgrifennu"),
        "acknowledged": ("Being looked at", "Rhywun yn edrych arno"),
        "triaged": ("Looked at, and being dealt with", "Wedi edrych arno, ac yn delio ag ef"),
        "in_progress": ("Being dealt with", "Yn delio ag ef"),
        "monitoring": ("Being kept an eye on", "Yn cadw llygad arno"),
        "closed": ("Finished", "Wedi gorffen"),
    },
    "statement_kinds": {
        "observed": ("Seen or heard by the person who wrote it down",
                     "Gwelwyd neu clywyd gan yr un a'i hysgrifennodd"),
        "child_said": ("The child's own words", "Geiriau'r plentyn ei hun"),
        "told_by": ("Told by someone else", "Dywedwyd gan rywun arall"),
        "opinion": ("What a member of staff thinks", "Barn aelod o staff"),
        "not_said": ("Nobody has said whose words these are",
                     "Ni ddywedwyd geiriau pwy yw'r rhain"),
    },
}  # fmt: skip
"""Plainer labels for families, with the same meanings as on the page they read."""


class Words:
    """The words of one language."""

    def __init__(self, language: str, *, family: bool = False) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"documents are written in {' or '.join(LANGUAGES)}")
        self.language = language
        self.family = family

    def for_family(self) -> "Words":
        """The same language in plainer words."""
        return Words(self.language, family=True)

    def __call__(self, phrase: str, **filled: object) -> str:
        """A phrase by its name, with its gaps filled."""
        return WORDS[phrase][LANGUAGES.index(self.language)].format(**filled)

    def term(self, vocabulary: str, code: object) -> str:
        """The label of a code; an unknown code is written out."""
        text = "" if code is None else str(code)
        if self.family and text in FAMILY.get(vocabulary, {}):
            return FAMILY[vocabulary][text][LANGUAGES.index(self.language)]
        if self.language == "cy" and text in WELSH.get(vocabulary, {}):
            return WELSH[vocabulary][text]
        known = VOCABULARIES[vocabulary].by_code.get(text) if vocabulary in VOCABULARIES else None
        return known.label if known else humanised(text)

    def knows(self, vocabulary: str, code: object) -> bool:
        """Whether a vocabulary has this code."""
        known = VOCABULARIES.get(vocabulary)
        return known is not None and str(code) in known.by_code

    def day(self, value: object) -> str:
        """A date such as 25 November 2026."""
        result = as_time(value)
        if result is None:
            return "\u2013" if value is None else str(value)
        return f"{result.day} {MONTHS[self.language][result.month - 1]} {result.year}"

    def span(self, values: Mapping[str, object]) -> str:
        """From when to when something holds, by `valid_from` and `valid_to`."""
        ends = [("valid_from", "valid_from"), ("valid_to", "valid_to")]
        lines = [
            f"{self(word)} {self.day(values[name])}" for name, word in ends if values.get(name)
        ]
        return "\n".join(lines)

    def moment(self, value: object) -> str:
        """A day and a time of day, as clocks in British schools show it."""
        result = as_time(value)
        if result is None or (isinstance(value, str) and len(value) <= DAY_LENGTH):
            return self.day(value)
        return f"{self.day(value)}, {result:%H:%M}"

    def occurred(self, value: object, precision: object) -> str:
        """When something happened, as sure as it is known."""
        if precision == "unknown" or value is None:
            return self("not_known")
        if precision == "about":
            day = self.day(value) if known_by_day(value) else self.moment(value)
            return self("about_then", at=day)
        return self.moment(value)

    def format_event_time(self, kind: object, value: object, precision: object) -> str:
        """When something on record happened; what is kept by its day has no hour."""
        if kind in ("status", "enrolment") and precision != "unknown" and known_by_day(value):
            return self.day(value)
        return self.occurred(value, precision)


def known_by_day(value: object) -> bool:
    """Whether a moment is the beginning of a day, here or in UTC: no hour was known."""
    result = as_time(value)
    if result is None:
        return False
    return time() in (result.time(), result.astimezone(UTC).time())


def sentences(text: str) -> str:
    """A text whose sentences begin with a capital where a name was replaced."""
    if ANOTHER not in text:
        return text
    return BEGINNING.sub(lambda item: f"{item[1]}A", text)


def humanised(code: str) -> str:
    """A code as words: `first_language` becomes First language."""
    text = code.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def as_time(value: object) -> datetime | None:
    """A moment or day of a record in British time; None for anything else."""
    if isinstance(value, datetime):
        fromisoformat = value
    elif isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=SCHOOL_TIME)
    elif isinstance(value, str):
        try:
            fromisoformat = datetime.fromisoformat(value)
        except ValueError:
            return None
        if len(value) <= DAY_LENGTH:
            return fromisoformat.replace(tzinfo=SCHOOL_TIME)
    else:
        return None
    aware = fromisoformat if fromisoformat.tzinfo else fromisoformat.replace(tzinfo=UTC)
    return aware.astimezone(SCHOOL_TIME)


def initial(value: Any) -> str:
    """A text, or nothing for None."""
    return "" if value is None else str(value)
