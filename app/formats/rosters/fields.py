"""The fields of a pupil that a mapped CSV or NDJSON may give, and one pupil made of their texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.formats.identifiers import CheckedIdentifier, check_upn
from app.formats.rosters.dates import ISO, DateError, Order, read_date
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.pupils import Adult, Pupil
from app.formats.rosters.words import (
    UNKNOWN_RELATIONSHIP,
    is_year_group,
    role_of_relationship,
    sex_of,
)

CONTACTS: Final = 5
CHARS: Final = 300
DATES: Final = ("date_of_birth", "entry_date", "leaving_date")
NAMES: Final = ("given_name", "family_name")
IDENTIFIERS: Final = ("source_id", "upn", "mis_id")
"""The number by which a later file finds the same child, the first of these that there is."""

PUPIL_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "source_id": ("sourcedid", "studentid", "pupilid", "id", "personid", "externalid"),
    "upn": ("uniquepupilnumber", "upnnumber"),
    "mis_id": ("adno", "admissionnumber", "admissionno", "admno", "misid", "studentnumber"),
    "given_name": (
        "forename", "legalforename", "firstname", "legalfirstname", "givenname", "forenames",
    ),
    "family_name": (
        "surname", "legalsurname", "lastname", "legallastname", "familyname",
    ),
    "middle_name": ("middlename", "middlenames"),
    "known_given_name": (
        "preferredforename", "preferredfirstname", "chosenname", "knownas", "preferredname",
        "chosenforename",
    ),
    "known_family_name": ("preferredsurname", "preferredlastname", "chosensurname"),
    "date_of_birth": ("dob", "birthdate", "dateofbirth", "born"),
    "sex": ("gender", "legalsex", "gendercode"),
    "year_group": (
        "year", "yeargroup", "ncyear", "ncyearactual", "nationalcurriculumyear", "grade", "yr",
    ),
    "registration_group": (
        "reg", "reggroup", "registrationgroup", "form", "tutorgroup", "tutorgroupname", "tutor",
        "class", "registrationform",
    ),
    "entry_date": ("entrydate", "dateofentry", "admissiondate", "doa", "startdate", "joined"),
    "leaving_date": ("leavingdate", "dateofleaving", "enddate", "dol", "left"),
    "email": ("emailaddress", "studentemail", "pupilemail", "schoolemail", "primaryemail"),
    "username": ("login", "loginname", "networkusername", "userid"),
    "school_id": (
        "schoolid", "schooldfenumber", "dfenumber", "laestab", "schoolurn", "estab", "urn",
    ),
    "school_name": ("schoolname", "school", "establishmentname"),
}  # fmt: skip
"""Each field with the names that systems give its column, in the form of `plain_name`."""

CONTACT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "personid"),
    "name": ("name", "fullname"),
    "given_name": ("forename", "firstname", "givenname"),
    "family_name": ("surname", "lastname", "familyname"),
    "relationship": ("relationship", "relation", "relationshiptostudent", "relationshiptopupil"),
    "email": ("email", "emailaddress", "emailaddresses"),
    "phone": (
        "phone",
        "telephone",
        "mobile",
        "tel",
        "telephonenumber",
        "mobilenumber",
        "phonenumber",
        "mobilephone",
        "telephonenumbers",
    ),
    "parental_responsibility": ("parentalresponsibility", "pr", "responsibility"),
}

TRANSLATED: Final = ("sex", "year_group", "relationship")
"""Fields whose words a mapping may translate."""

Texts = Mapping[str, str]


def contact_field(number: int, name: str) -> str:
    """`contact1_email`: a contact's field as a mapping names it."""
    return f"contact{number}_{name}"


def all_fields() -> Iterator[str]:
    """Every field a mapping may have."""
    yield from PUPIL_FIELDS
    for number in range(1, CONTACTS + 1):
        for name in CONTACT_FIELDS:
            yield contact_field(number, name)


@dataclass(frozen=True, slots=True)
class Meanings:
    """How texts are to be understood: `values` by field and word in lower case, `orders` of the
    dates of a field, and the school of a pupil without one. `any_spelling` says that the sender
    named the order, so that a date need not be spelt as in ISO 8601."""

    school: str
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    orders: Mapping[str, Order | None] = field(default_factory=dict)
    any_spelling: bool = False


class PupilText:
    """Texts of one pupil, read with their faults. `columns` names them for a person."""

    def __init__(
        self, file: str, line: int, meanings: Meanings, log: ProblemLog,
        name_of: Callable[[str], str] = str, faults: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._file, self._line, self._meanings, self._log = file, line, meanings, log
        self._name_of = name_of
        self._faults: list[tuple[str, str | None]] = [(code, None) for code in faults]

    def pupil(self, texts: Texts, contacts: Sequence[Texts]) -> Pupil | None:
        """The pupil; None where the row was left out."""
        upn = self._upn(texts.get("upn", ""))
        values = {**texts, "upn": upn or ""}
        number = next((values[name] for name in IDENTIFIERS if values.get(name)), None)
        given, family = (self._name(name, texts) for name in NAMES)
        days = {name: self._day(name, texts.get(name, "")) for name in DATES}
        sex, year = self._sex(texts.get("sex", "")), self._year(texts.get("year_group", ""))
        adults = self._adults(contacts)
        refused = bool(self._faults) and self._log.strict
        for code, column in self._faults:
            self._log.warn(self._file, code, line=self._line, column=column)
        if refused:
            return None
        if number is None or not (given or family):
            code = "row.no_identifier" if number is None else "row.missing_name"
            self._log.error(self._file, code, line=self._line)
            return None
        return Pupil(
            self._line, number[:255], texts.get("school_id") or self._meanings.school, given,
            family, _cut(texts.get("middle_name")), _cut(texts.get("known_given_name")),
            _cut(texts.get("known_family_name")), days["date_of_birth"], sex, year,
            _cut(texts.get("registration_group")), days["entry_date"], days["leaving_date"],
            _cut(texts.get("mis_id")), _cut(texts.get("email")), _cut(texts.get("username")),
            adults, {"upn": upn} if upn else {},
        )  # fmt: skip

    def _fault(self, code: str, name: str) -> None:
        self._faults.append((code, self._name_of(name)))

    def _name(self, name: str, texts: Texts) -> str | None:
        """A name; it is a fault where there is a place for it that is blank."""
        if texts.get(name) == "" and any(map(texts.get, NAMES)):
            self._fault("row.missing_required_value", name)
        return _cut(texts.get(name))

    def _upn(self, text: str) -> str | None:
        result = check_upn(text)
        if isinstance(result, CheckedIdentifier):
            return result.text
        if text:
            self._fault("row.invalid_upn", "upn")
        return None

    def _day(self, name: str, text: str) -> date | None:
        if not text:
            return None
        try:
            result = read_date(text, self._meanings.orders.get(name))
        except DateError as bad:
            unclear = bad.code == "row.ambiguous_date"
            self._fault("mapping.date_order_needed" if unclear else bad.code, name)
            return None
        if not self._meanings.any_spelling and ISO.fullmatch(text) is None:
            self._fault("row.date_spelling", name)
        return result

    def _meant(self, name: str, text: str) -> str | None:
        """The text as the mapping translates it; None where it has no translation for it."""
        meanings = self._meanings.values.get(name)
        if not text or meanings is None:
            return text
        return meanings.get(" ".join(text.casefold().split()))

    def _sex(self, text: str) -> str | None:
        meant = self._meant("sex", text)
        sex = sex_of(text if meant is None else meant)
        if text and sex is None:
            mapped = "sex" in self._meanings.values
            self._fault("mapping.value_unknown" if mapped else "row.unknown_sex", "sex")
        return sex

    def _year(self, text: str) -> str | None:
        meant = self._meant("year_group", text)
        if meant is None:
            self._fault("mapping.value_unknown", "year_group")
            return None
        if meant and not is_year_group(meant):
            self._fault("row.unknown_year_group", "year_group")
            return None
        return meant[:60] or None

    def _adults(self, contacts: Sequence[Texts]) -> tuple[Adult, ...]:
        result: dict[str, Adult] = {}
        for number, texts in enumerate(contacts, start=1):
            adult = self._adult(number, texts)
            if adult is not None and adult.key in result:
                self._fault("reference.duplicate_contact", contact_field(number, "name"))
            elif adult is not None:
                result[adult.key] = adult
        return tuple(result.values())

    def _adult(self, number: int, texts: Texts) -> Adult | None:
        given, family = _cut(texts.get("given_name")), _cut(texts.get("family_name"))
        if not (given or family):
            given, family = _cut(texts.get("name")), None
        if not (given or family):
            if any(texts.values()):
                self._fault("ctf.contact_without_name", contact_field(number, "name"))
            return None
        word = texts.get("relationship", "")
        name = contact_field(number, "relationship")
        meant = self._meant("relationship", word)
        role = role_of_relationship(word if meant is None else meant)
        if word and role is None:
            self._fault("ctf.unknown_relationship", name)
        rights = texts.get("parental_responsibility", "")
        key = texts.get("id") or "\n".join((given or "", family or "", word))
        return Adult(
            key.casefold(), role or UNKNOWN_RELATIONSHIP, given, family, _cut(texts.get("email")),
            _cut(texts.get("phone")), {"parental_responsibility": rights[:10]} if rights else {},
            self._name_of(contact_field(number, "email")),
        )  # fmt: skip


def _cut(text: str | None) -> str | None:
    return text[:CHARS] if text else None
