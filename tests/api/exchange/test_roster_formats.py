"""Files of every format through the import: what arrives, and what is refused by its name."""

import io
import zipfile
from pathlib import Path

import pytest

from app.formats.rosters.faults import FAULTS
from tests.rosters import Roster, fates, package, packed, pupils, zipped
from tests.unit.formats.roster_packages import USERS, manifest, user
from tests.unit.formats.test_roster_mapped import AMY, HEADER, MAPPING, RORY
from tests.unit.formats.test_roster_ndjson import AMY as AMY_JSON
from tests.unit.formats.test_roster_ndjson import HEADER as HEADER_JSON
from tests.unit.formats.test_roster_references import ROLES
from tests.world import School

SAMPLES = Path(__file__).parents[2] / "samples/rosters"
CTF = SAMPLES / "ctf/3055432_CTF_3055433_001.xml"
CONTACTS = (
    "select string_agg(kind || ' ' || name, ', ' order by name) from contact where school_id = %s"
)


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


class TestFormats:
    async def test_ctf_brings_pupils_and_their_contacts(self, roster: Roster) -> None:
        done = await roster.bring(CTF.read_bytes(), source="ctf:oak")
        assert (done["state"], done["format"]) == ("applied", "ctf")
        assert done["counts"]["children"] == fates(new=2)
        assert done["counts"]["contacts"] == fates(new=2)
        child = roster.child("R201100018042")
        assert (child["legal_given_name"], child["known_given_name"]) == ("Zoë", "Zo")
        assert (child["date_of_birth"], child["sex"]) == ("2014-12-31", "female")
        assert (child["year_group"], child["enrolled"]) == ("R", 1)
        assert roster.one(CONTACTS) == "mother Ann O'Malley, social_worker Khan"

    async def test_a_second_ctf_of_other_pupils_ends_nobody(self, roster: Roster) -> None:
        await roster.bring(CTF.read_bytes(), source="ctf:oak")
        text = CTF.read_text(encoding="utf-8")
        first = text.partition("    <Pupil>")[0]
        other = text.rpartition("    <Pupil>")[2]
        done = await roster.bring((first + "<Pupil>" + other).encode(), source="ctf:oak")
        assert done["counts"]["children"] == fates(unchanged=1)
        assert roster.child("R201100018042")["enrolled"] == 1

    async def test_a_ctf_that_breaks_off_changes_nothing(self, roster: Roster) -> None:
        done = await roster.bring(CTF.read_bytes().replace(b"</CTfile>", b""))
        assert done["state"] == "refused"
        assert roster.one("select count(*) from child where school_id = %s") == 0
        assert "xml.not_well_formed" in {one["code"] for one in await roster.problems(done["id"])}

    async def test_a_table_brings_its_mapping_along(self, roster: Roster) -> None:
        table = "\n".join([HEADER, AMY, RORY, ""])
        done = await roster.bring(packed({"pupils.csv": table.encode(), "mapping.toml":
                                          MAPPING.encode()}))  # fmt: skip
        assert done["counts"]["children"] == fates(new=2)
        child = roster.child("R201100018042")
        assert (child["year_group"], child["registration_group"]) == ("7", "7A")
        assert roster.one(CONTACTS) == "mother Tabetha Pond"

    async def test_problems_name_the_file_and_the_column_that_were_sent(
        self, roster: Roster
    ) -> None:
        """What is seen in the row alone, and what is seen once rows are compared."""
        mapping = MAPPING.replace('"DOB"', '"Born"').replace('"Contact 1 Email"', '"Mail"')
        header = HEADER.replace("DOB", "Born").replace("Contact 1 Email", "Mail")
        table = [
            header, AMY.replace("31/12/2014", "31/12/1914").replace("t@x.example", "no address"),
            RORY.replace("004712", "004711"), "",
        ]  # fmt: skip
        done = await roster.bring(packed({"pupils.csv": "\n".join(table).encode(),
                                          "mapping.toml": mapping.encode()}))  # fmt: skip
        found = {
            (one["file"], one["line"], one["column"], one["code"])
            for one in await roster.problems(done["id"])
            if one["code"].startswith("roster.")
        }
        assert found == {
            ("pupils.csv", 2, "Born", "roster.birth_date_unlikely"),
            ("pupils.csv", 2, "Mail", "roster.contact_email"),
            ("pupils.csv", 3, None, "roster.identifier_twice"),
        }

    async def test_a_pupil_who_is_left_out_is_counted(self, roster: Roster) -> None:
        table = "\n".join([HEADER, AMY, RORY.replace("Williams,Rory", ","), ""])
        done = await roster.bring(packed({"pupils.csv": table.encode(), "mapping.toml":
                                          MAPPING.encode()}))  # fmt: skip
        assert done["counts"]["children"] == fates(new=1, problems=1)
        assert done["counts"]["left_out"] == 1

    async def test_problems_of_ndjson_name_its_members(self, roster: Roster) -> None:
        lines = [HEADER_JSON, AMY_JSON.replace("t@x.example", "no"), '{"end":{"rows":1}}', ""]
        done = await roster.bring("\n".join(lines).encode())
        found = {
            (one["file"], one["column"], one["code"]) for one in await roster.problems(done["id"])
        }
        assert found == {
            ("file", "urn", "roster.urn_differs"),
            ("file", "contact1_email", "roster.contact_email"),
        }

    async def test_ndjson_is_read(self, roster: Roster) -> None:
        lines = [HEADER_JSON, AMY_JSON, '{"end":{"rows":1}}', ""]
        done = await roster.bring("\n".join(lines).encode())
        assert done["counts"]["children"] == fates(new=1)
        assert roster.child("R201100018042")["registration_group"] == "7A"

    async def test_a_role_that_ended_ends_the_place_and_is_named(self, roster: Roster) -> None:
        """The people of this sample left their schools in 2022."""
        done = await roster.bring(zipped(SAMPLES / "sds-2.1"), organisation_source_id="110003")
        assert done["counts"]["children"] == fates()
        codes = [one["code"] for one in await roster.problems(done["id"])]
        assert codes.count("roster.role_ended") == 4

    async def test_the_end_of_a_role_ends_an_enrolment(self, roster: Roster) -> None:
        await roster.bring(_with_role(""))
        assert roster.child("u1")["enrolled"] == 1
        done = await roster.bring(_with_role("2020-07-31"))
        assert done["counts"]["children"]["left"] == 1
        assert roster.child("u1")["enrolled"] == 0

    async def test_changes_alone_are_taken_for_the_school_they_name(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(2)))
        line = user(sourcedId="p0", givenName="Zoë", familyName="Hill", status="active")
        changed = package(line, manifest=manifest(orgs="absent", users="delta"))
        with_orgs = {"manifest.csv", "users.csv"}
        done = await roster.bring(_only(changed, with_orgs))
        assert done["counts"]["children"]["changed"] == 1
        assert roster.child("p0")["legal_given_name"] == "Zoë"
        assert "package.schools_from_people" in {
            one["code"] for one in await roster.problems(done["id"])
        }


def _with_role(ends: str) -> bytes:
    header = ",".join(n for n in USERS.strip().split(",") if n not in ("orgSourcedIds", "role"))
    return package(
        manifest=manifest(version="1.2", users="delta", roles="delta"),
        users=f"{header}\nu1,active,2026-09-01T06:00:00.000Z,true,amy,,Amy,Pond,,,,,,,7,\n",
        roles=f"{ROLES}r1,active,2026-09-01T06:00:00.000Z,u1,primary,student,,{ends},s1,\n",
    )


def _only(content: bytes, names: set[str]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return packed({name: archive.read(name) for name in names})


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"%PDF-1.7", "file.pdf"),
            (b"UPN,Surname,NCyearActual,EnrolStatus\n", "file.census"),
            (b"Name,Born\nAmy,2014-01-01\n", "file.needs_mapping"),
            (packed({}), "file.empty_zip"),
            (b"<ATfile><ATFversion>19.0</ATFversion></ATfile>", "file.atf"),
        ],
    )
    async def test_name_the_file_and_what_to_send(
        self, roster: Roster, content: bytes, code: str
    ) -> None:
        done = await roster.bring(content)
        assert (done["state"], done["fault"]["code"]) == ("refused", code)
        assert done["fault"]["detail"].startswith(FAULTS[code].sentence)
        assert done["format"] == "unknown"
        (problem,) = await roster.problems(done["id"])
        assert problem["code"] == code

    async def test_name_the_file_as_it_was_called(self, roster: Roster) -> None:
        answer = await roster.api.request(
            "POST", "/v1/roster/imports", files={"file": ("Oak pupils.pdf", b"%PDF-1.7")}
        )
        import_id = str(answer.json()["id"])
        await roster.run(import_id)
        (problem,) = await roster.problems(import_id)
        assert problem["file"] == "Oak pupils.pdf"
