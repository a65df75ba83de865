"""Common transfer files (CTF): pupils and contacts as a management system hands them on.

A CTF is about some pupils and never says that it is about all, so nobody leaves by one.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from datetime import date
from typing import Final

from app.formats.csv_rows import CHUNK_BYTES
from app.formats.identifiers import CheckedIdentifier, check_uln, check_upn
from app.formats.rosters.bundles import UNREADABLE, Bundle, Member
from app.formats.rosters.dates import ISO, DateError, read_date
from app.formats.rosters.detection import CTF
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.pupils import Adult, Pupil, School
from app.formats.rosters.words import (
    UNKNOWN_RELATIONSHIP,
    is_year_group,
    role_of_relationship,
    sex_of,
)
from app.formats.rosters.xml_elements import Node, XmlRefusedError, read_elements

VERSIONS: Final = ("24", "25", "26")
"""The years that were checked: up to 24 a pupil has `Gender`, from 25 on `Sex`."""

WANTED: Final = frozenset({"header", "pupil"})
NAME: Final = re.compile(r"([0-9]{7})_CTF_([0-9A-Z]{7})_[0-9]{3}\.xml", re.IGNORECASE)
KNOWN_SCHOOL: Final = re.compile(r"[0-9]{7}")
CHARS: Final = 300
PHONES: Final = ("M", "H", "A", "W")
NOT_KNOWN: Final = "school"
NAMES: Final = {"date_of_birth": "DOB", "upn": "UPN", "urn": "URN"}


class CtfReader:
    """Reads one CTF. The school is the receiving one, or the sending one where none is named."""

    format = CTF
    complete = False

    def __init__(self, bundle: Bundle, member: Member) -> None:
        self._bundle, self._member = bundle, member
        self.file = member.printable
        self.version = ""
        self.schools: dict[str, School] = {}
        self.cut_off = False
        self._encoding = None if self._is_unicode() else "windows-1252"
        self._school = NOT_KNOWN

    def pupils(self, log: ProblemLog) -> Iterator[Pupil | None]:
        """Every pupil in order; None for one that was left out."""
        self._school, result = NOT_KNOWN, 0
        if self._encoding is not None:
            log.warn(self.file, "csv.not_utf8")
        try:
            with self._bundle.open(self._member) as stream:
                for node in read_elements(stream, WANTED, self._encoding):
                    if node.name == "header":
                        self._take_header(node, log)
                    else:
                        result += 1
                        yield self._pupil(node, log)
        except XmlRefusedError as refused:
            self.cut_off = True
            log.error(self.file, refused.code, line=refused.line, row=False)
        except UNREADABLE:
            self.cut_off = True
            log.error(self.file, "package.unreadable_file")
        else:
            if not result:
                log.error(self.file, "ctf.no_pupils")

    def name_of(self, field: str) -> str:
        """The element of a field."""
        return NAMES.get(field, field)

    def _is_unicode(self) -> bool:
        """Whether the file may be read by what it says of itself."""
        decoder = getincrementaldecoder("utf-8")()
        with self._bundle.open(self._member) as stream:
            head = stream.read(CHUNK_BYTES)
            start = head[:200].lower()
            if b"encoding=" in start and b"utf-8" not in start:
                return True
            if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return True
            try:
                while head:
                    decoder.decode(head)
                    head = stream.read(CHUNK_BYTES)
                decoder.decode(b"", True)
            except UnicodeDecodeError:
                return False
        return True

    def _take_header(self, node: Node, log: ProblemLog) -> None:
        self.version = node.get("ctfversion")[:20]
        if self.version.partition(".")[0] not in VERSIONS:
            log.warn(self.file, "ctf.other_version", column="CTFversion")
        source, target = (_school(node, name) for name in ("sourceschool", "destschool"))
        school = target or source
        if school is None:
            log.warn(self.file, "ctf.no_school")
            school = School(NOT_KNOWN)
        if named := NAME.fullmatch(self._member.path.name):
            header = source.id if source else named[1]
            if header != named[1] or (target and target.id != named[2]):
                log.warn(self.file, "ctf.name_differs")
        self.schools, self._school = {school.id: school}, school.id

    def _pupil(self, node: Node, log: ProblemLog) -> Pupil | None:
        if not self.schools:
            log.warn(self.file, "ctf.no_school")
            self.schools = {NOT_KNOWN: School(NOT_KNOWN)}
        return _Reading(self.file, node, log).pupil(self._school)


def _school(header: Node, name: str) -> School | None:
    number = header.get(name, "lea") + header.get(name, "estab")
    if not KNOWN_SCHOOL.fullmatch(number):
        return None
    urn = header.get(name, "urn")[:20] or None
    return School(number, header.get(name, "schoolname")[:CHARS] or None, urn)


class _Reading:
    """One pupil of the file, read with its faults."""

    def __init__(self, file: str, node: Node, log: ProblemLog) -> None:
        self._file, self._node, self._log = file, node, log
        self._faults: list[tuple[str, str]] = []

    def pupil(self, school: str) -> Pupil | None:
        """The pupil; None where the row was left out."""
        if self._node.oversized:
            self._left_out("xml.pupil_too_large", None)
            return None
        given, family = self._text("forename"), self._text("surname")
        numbers = self._numbers()
        birth, sex, year, adults = self._birth(), self._sex(), self._year_group(), self._adults()
        strict = self._log.strict and self._faults
        for code, column in self._faults:
            self._log.warn(self._file, code, line=self._node.line, column=column)
        if strict:
            return None
        if not numbers:
            self._left_out("row.no_identifier", "UPN")
            return None
        if not (given or family):
            self._left_out("row.missing_name", None)
            return None
        return Pupil(
            self._node.line, numbers["id"], school, given, family, self._text("middlenames"),
            _other(self._text("preferredforename"), given),
            _other(self._text("preferredsurname"), family),
            birth, sex, year, adults=adults,
            extra={name: value for name, value in numbers.items() if name != "id"},
        )  # fmt: skip

    def _left_out(self, code: str, column: str | None) -> None:
        self._log.error(self._file, code, line=self._node.line, column=column)

    def _text(self, name: str) -> str | None:
        """Some systems put into BasicDetails what belongs beside it."""
        return (self._node.get(name) or self._node.get("basicdetails", name))[:CHARS] or None

    def _numbers(self) -> dict[str, str]:
        """The pupil's numbers, `id` first: the one by which a later file finds the child."""
        text = self._text("upn") or ""
        result: dict[str, str] = {}
        upn, uln = check_upn(text), check_uln(self._text("uniquelearnernumber") or "")
        if isinstance(upn, CheckedIdentifier):
            result = {"id": upn.text, "upn": upn.text}
        elif text:
            self._faults.append(("row.invalid_upn", "UPN"))
        if isinstance(uln, CheckedIdentifier):
            result = {"id": f"uln:{uln.text}"} | result | {"uln": uln.text}
        former = check_upn(self._text("formerupn") or "")
        if result and isinstance(former, CheckedIdentifier):
            result["former_upn"] = former.text
        return result

    def _birth(self) -> date | None:
        text = self._text("dob")
        if text is None:
            self._faults.append(("row.missing_required_value", "DOB"))
            return None
        try:
            result = read_date(text)
        except DateError as bad:
            self._faults.append((bad.code, "DOB"))
            return None
        if ISO.fullmatch(text) is None:
            self._faults.append(("row.date_spelling", "DOB"))
        return result

    def _sex(self) -> str | None:
        text, older = self._text("sex"), self._text("gender")
        word = text or older
        if text and older and sex_of(text) != sex_of(older):
            self._faults.append(("ctf.sex_and_gender", "Sex"))
        if word is None:
            self._faults.append(("row.missing_required_value", "Sex"))
            return None
        if (sex := sex_of(word)) is None:
            self._faults.append(("row.unknown_sex", "Sex" if text else "Gender"))
        return sex

    def _year_group(self) -> str | None:
        word = self._text("ncyearactual")
        if word and not is_year_group(word):
            self._faults.append(("row.unknown_year_group", "NCyearActual"))
            return None
        return word

    def _adults(self) -> tuple[Adult, ...]:
        result: dict[str, Adult] = {}
        for node in self._node.all("contacts", "contact"):
            adult = self._adult(node)
            if adult is None:
                self._faults.append(("ctf.contact_without_name", "Contact"))
            elif adult.key in result:
                self._faults.append(("reference.duplicate_contact", "Contact"))
            else:
                result[adult.key] = adult
        return tuple(result.values())

    def _adult(self, node: Node) -> Adult | None:
        given, family = node.get("forename")[:CHARS] or None, node.get("surname")[:CHARS] or None
        if not (given or family):
            return None
        code = node.get("relationship")
        role = role_of_relationship(code)
        if role is None:
            self._faults.append(("ctf.unknown_relationship", "Relationship"))
        extra = {
            "priority": node.get("order")[:10],
            "title": node.get("title")[:CHARS],
            "parental_responsibility": node.get("responsibility")[:10],
            "lives_with": node.get("address", "addressaspupil")[:10],
        }
        phones = {
            item.get("telephonetype").upper(): item.get("phoneno")
            for item in node.all("phones", "phone")
        }
        phone = next((phones[kind] for kind in (*PHONES, *phones) if phones.get(kind)), None)
        return Adult(
            "\n".join((given or "", family or "", code)).casefold(),
            role or UNKNOWN_RELATIONSHIP, given, family,
            node.get("email")[:CHARS] or None, phone[:CHARS] if phone else None,
            {name: value for name, value in extra.items() if value}, "Email",
        )  # fmt: skip


def _other(known: str | None, legal: str | None) -> str | None:
    """The name a child goes by, where it is another than the legal one."""
    return known if known and known.casefold() != (legal or "").casefold() else None
