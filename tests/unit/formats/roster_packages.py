"""Small valid OneRoster packages that a test bends to its purpose."""

from pathlib import Path
from typing import Any

from app.formats.oneroster.reader import Parsed, read_oneroster
from app.formats.rosters.bundles import Bundle, Limits, open_bundle
from app.formats.rosters.problems import ProblemLog

PARTS = (
    "orgs",
    "academic_sessions",
    "courses",
    "classes",
    "users",
    "roles",
    "enrollments",
    "demographics",
)

ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
    "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
)
DEMOGRAPHICS = (
    "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,"
    "blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,"
    "demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,countryOfBirthCode,"
    "stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\n"
)
ORG = "s1,,,Oak School,school,,\n"
USER = "u1,,,true,s1,student,amy,,Amy,Pond,,,,,,,7,\n"


def manifest(*, version: str = "1.1", **modes: str) -> str:
    said = {"orgs": "bulk", "users": "bulk"} | modes
    lines = "".join(f"file.{name},{mode}\n" for name, mode in said.items())
    return f"propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\n{lines}"


def read_package(place: Path, *, strict: bool = False, limits: Limits | None = None) -> Parsed:
    """The package at a place, taken for OneRoster whatever it looks like."""
    log = ProblemLog(strict=strict)
    bundle = open_bundle(place, limits or Limits(), log)
    return read_oneroster(bundle or Bundle(place, ()), log)


class Maker:
    """Writes a valid two-row package, changed by what a test puts in its place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, *, strict: bool = False, **files: str | bytes | None) -> Parsed:
        """A keyword names a file without `.csv`; None leaves it out."""
        content: dict[str, str | bytes | None] = {
            "manifest": manifest(**{name: "bulk" for name in files if name != "manifest"}),
            "orgs": ORGS + ORG,
            "users": USERS + USER,
        }
        for name, text in (content | files).items():
            if text is not None:
                raw = text.encode() if isinstance(text, str) else text
                (self.folder / f"{name}.csv").write_bytes(raw)
        return read_package(self.folder, strict=strict)


def drain(parsed: Parsed) -> dict[str, list[Any]]:
    return {part: list(getattr(parsed, part)()) for part in PARTS}


def found(parsed: Parsed) -> set[tuple[str, str]]:
    """(severity, code) of everything, after reading every row."""
    drain(parsed)
    return {(problem.severity, problem.code) for problem in parsed.problems}


def user(**cells: str) -> str:
    names = USERS.strip().split(",")
    plain = dict(zip(names, USER.strip().split(","), strict=True))
    values = plain | {"username": cells.get("sourcedId") or plain["username"]} | cells
    return ",".join(values[name] for name in names) + "\n"
