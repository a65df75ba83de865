"""Exports with columns of their own: guessed, confirmed by a person, and known from then on."""

from typing import Any

import pytest

from app.core.words import Permission
from tests.past import Past, codes, csv_of, fates, row, upn
from tests.world import Api, World

HEADER = ("Incident ID,UPN,Student Name,Date,Time,Added,Reported by,Category,Status,Incident,"
          "Linked students,House\n")  # fmt: skip


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


def export(*rows: str, header: str = HEADER) -> bytes:
    return (header + "\n".join(rows) + "\n").encode()


def line(number: int = 1, day: str = "25/03/2019", *, upn_: str | None = None) -> str:
    return (f'{number},{upn_ or upn(1)},Alex Marsh,{day},08:50,26/03/2019 10:15,Mrs J Bell,'
            f'Neglect > Clothing,Active,"Came without\na coat.",Sam Hill,Red')  # fmt: skip


async def change(past: Past, found: dict[str, Any], **body: Any) -> Any:
    return await past.admin.request(
        "PATCH", f"/v1/imports/{found['id']}", json=body,
        headers={"If-Match": f'"{past.version(found["id"])}"'},
    )  # fmt: skip


async def confirmed(past: Past, content: bytes, **more: Any) -> dict[str, Any]:
    """Send, confirm what is proposed, and plan again."""
    found = await past.planned(content)
    mapping = {
        "columns": found["mapping"]["columns"], "values": {"open": {"Active": "true"}}
    } | more  # fmt: skip
    answer = await change(past, found, mapping=mapping)
    assert answer.status_code == 200, answer.text
    return await past.plan(found["id"])


class TestGuess:
    async def test_is_shown_without_the_words_of_a_cell(self, past: Past) -> None:
        found = await past.planned(export(line()))
        assert (found["state"], found["fault"]["code"]) == ("held", "mapping_needed")
        mapping = found["mapping"]
        assert mapping["confirmed"] is False
        assert mapping["columns"] == {
            "source_id": ["Incident ID"], "child_upn": ["UPN"], "child_name": ["Student Name"],
            "occurred_at": ["Date"], "recorded_at": ["Added"], "author": ["Reported by"],
            "categories": ["Category"], "open": ["Status"], "text": ["Incident"],
            "linked_children": ["Linked students"],
        }  # fmt: skip
        assert mapping["unmapped"] == ["Time", "House"]
        assert (mapping["missing"], mapping["date_order"]) == ([], "dmy")
        assert "Marsh" not in str(mapping)
        assert "coat" not in str(mapping)

    async def test_lets_nothing_in_before_it_is_confirmed(self, past: Past) -> None:
        found = await past.planned(export(line()))
        refused = await past.approve(found["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "import_not_planned")


class TestConfirmed:
    async def test_reads_the_file_and_keeps_the_row_as_it_came(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.planned(export(line()))
        columns = found["mapping"]["columns"] | {"occurred_at": ["Date", "Time"]}
        answer = await change(
            past, found, mapping={"columns": columns, "values": {"open": {"active": "true"}}},
            categories=[{"source": "neglect > clothing", "code": "neglect"}],
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        planned = await past.plan(found["id"])
        assert (fates(planned), planned["counts"]["open"]) == ({"new": 1}, 1)
        assert planned["mapping"]["confirmed"] is True
        await past.approve(found["id"])
        await past.apply(found["id"])
        (card,) = (await past.lead.get(f"/v1/past-entries?child_id={child}")).json()["items"]
        entry = (await past.lead.get(f"/v1/past-entries/{card['id']}")).json()
        assert (entry["source_id"], entry["author_name"]) == ("1", "Mrs J Bell")
        assert (entry["text"], entry["categories"]) == ("Came without\na coat.", ["neglect"])
        assert entry["occurred_at"].startswith("2019-03-25T08:50")
        assert entry["recorded_at"].startswith("2019-03-26T10:15")
        assert entry["source_row"]["House"] == "Red"
        assert entry["source_row"]["Incident"] == "Came without\na coat."

    async def test_holds_for_every_file_with_the_same_columns(self, past: Past) -> None:
        await past.child(1)
        await confirmed(past, export(line()))
        again = await past.planned(export(line(), line(2)))
        assert (again["state"], fates(again)) == ("planned", {"new": 2})
        other = await past.planned(export(line() + ",x", header=HEADER.strip() + ",Form\n"))
        assert other["fault"]["code"] == "mapping_needed"

    async def test_adds_nothing_the_second_time(self, past: Past) -> None:
        await past.child(1)
        found = await confirmed(past, export(line()))
        await past.approve(found["id"])
        await past.apply(found["id"])
        again = await past.planned(export(line()))
        assert fates(again) == {"unchanged": 1}

    async def test_says_what_the_words_about_a_contact_mean(self, past: Past) -> None:
        child = await past.child(1)
        header = "Ref,UPN,Contact,Is,Allowed,Told\n"
        found = await past.planned(export(
            f"1,{upn(1)},Jo Marsh,mother,Y,Both fine", f"2,{upn(1)},Al Marsh,father,N,Both fine",
            f"3,{upn(1)},Di Marsh,other,Y,Ask first", header=header,
        ), "contact")  # fmt: skip
        mapping = {
            "columns": {"source_id": ["Ref"], "child_upn": ["UPN"], "name": ["Contact"],
                        "kind": ["Is"], "contact_allowed": ["Allowed"], "may_be_told": ["Told"]},
            "values": {"contact_allowed": {"Y": "yes"}, "may_be_told": {"Both fine": "yes"}},
        }  # fmt: skip
        answer = await change(past, found, mapping=mapping)
        assert answer.status_code == 200, answer.text
        await past.plan(found["id"])
        assert (await past.approve(found["id"])).status_code == 200
        assert codes(await past.apply(found["id"])) == {"contact_kept_as_entry": 2}
        listed = (await past.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        assert [one["name"] for one in listed] == ["Jo Marsh"]

    async def test_says_which_column_bars_a_contact_or_a_person_says_that_none_does(
        self, past: Past, world: World
    ) -> None:
        """A barred parent would come in by a column that nobody has named."""
        child = await past.child(1)
        content = export(f"1,{upn(1)},Jo Marsh,mother", header="Ref,UPN,Contact,Is\n")
        _, token = await world.a_service_key(past.school.id, Permission.HISTORY_PREPARE)
        person, past.admin = past.admin, Api(world, token)
        key = past.admin
        found = await past.planned(content, "contact")
        assert "contact_allowed" in found["mapping"]["missing"]
        columns = {"source_id": ["Ref"], "child_upn": ["UPN"], "name": ["Contact"], "kind": ["Is"]}
        none = {"columns": columns | {"contact_allowed": []}}
        for by, said in ((person, {"columns": columns}), (key, none)):
            past.admin = by
            refused = await change(past, found, mapping=said)
            assert refused.status_code == 422, refused.text
            (problem,) = refused.json()["errors"]
            assert problem["pointer"] == "/mapping/columns/contact_allowed"
        past.admin = person
        assert (await change(past, found, mapping=none)).status_code == 200
        assert fates(await past.plan(found["id"])) == {"new": 1}
        assert (await past.approve(found["id"])).status_code == 200
        await past.apply(found["id"])
        listed = (await past.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        assert [one["name"] for one in listed] == ["Jo Marsh"]

    async def test_of_a_program_brings_no_contact_in_before_a_person_has_confirmed_it(
        self, past: Past, world: World
    ) -> None:
        """A key could name a wrong column, or none for who may be told, or translate "N"."""
        child = await past.child(1)
        _, token = await world.a_service_key(past.school.id, Permission.HISTORY_PREPARE)
        person, past.admin = past.admin, Api(world, token)
        found = await past.planned(export(
            f"1,{upn(1)},Al Marsh,father,N,yes", f"2,{upn(1)},Di Marsh,mother,yes,Never",
            f"3,{upn(1)},Jo Marsh,mother,yes,yes", header="Ref,UPN,Contact,Is,Allowed,Told\n",
        ), "contact")  # fmt: skip
        mapping = {
            "columns": {"source_id": ["Ref"], "child_upn": ["UPN"], "name": ["Contact"],
                        "kind": ["Is"], "contact_allowed": ["Allowed"], "may_be_told": ["Told"]},
            "values": {"contact_allowed": {"N": "yes"}, "may_be_told": {"Never": "yes"}},
        }  # fmt: skip
        answer = await change(past, found, mapping=mapping)
        assert answer.status_code == 200, answer.text
        for _ in range(2):
            held = await past.plan(found["id"])
            assert (held["state"], held["fault"]["code"]) == ("held", "mapping_needed")
        proposal = held["mapping"]
        assert (proposal["confirmed"], proposal["values"]) == (False, {})
        assert proposal["columns"] == mapping["columns"]
        refused = await past.approve(found["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "import_not_planned")
        past.admin = person
        said = {name: proposal[name] for name in ("columns", "values")}
        assert (await change(past, held, mapping=said)).status_code == 200
        await past.plan(found["id"])
        assert (await past.approve(found["id"])).status_code == 200
        assert codes(await past.apply(found["id"])) == {"contact_kept_as_entry": 2}
        listed = (await past.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        assert [one["name"] for one in listed] == ["Jo Marsh"]

    async def test_of_a_person_stands_where_a_program_says_otherwise_who_is_barred(
        self, past: Past, world: World
    ) -> None:
        """By another column, or by none, a key would bring in whoever a person knows is barred."""
        child = await past.child(1)
        content = export(
            f"1,{upn(1)},Al Marsh,father,N,", f"2,{upn(1)},Jo Marsh,mother,Y,",
            header="Ref,UPN,Contact,Is,Allowed,Note\n",
        )  # fmt: skip
        columns = {"source_id": ["Ref"], "child_upn": ["UPN"], "name": ["Contact"], "kind": ["Is"]}
        found = await past.planned(content, "contact")
        mapping: dict[str, Any] = {
            "columns": columns | {"contact_allowed": ["Allowed"]},
            "values": {"contact_allowed": {"Y": "yes"}},
        }
        assert (await change(past, found, mapping=mapping)).status_code == 200
        _, token = await world.a_service_key(past.school.id, Permission.HISTORY_PREPARE)
        past.admin = Api(world, token)
        found = await past.planned(content, "contact")
        mapping = {"columns": columns | {"contact_allowed": ["Note"]}}
        answer = await change(past, found, mapping=mapping)
        assert answer.status_code == 200, answer.text
        await past.plan(found["id"])
        assert (await past.approve(found["id"])).status_code == 200
        assert codes(await past.apply(found["id"])) == {"contact_kept_as_entry": 1}
        listed = (await past.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        assert [one["name"] for one in listed] == ["Jo Marsh"]

    async def test_asks_for_the_order_of_day_and_month(self, past: Past) -> None:
        await past.child(1)
        content = export(line(day="02/03/2019").replace("26/03/2019", "03/03/2019"))
        found = await past.planned(content)
        assert found["mapping"]["date_order_needed"] is True
        columns = found["mapping"]["columns"]
        await change(past, found, mapping={"columns": columns})
        asked = await past.plan(found["id"])
        assert (asked["state"], asked["fault"]["code"]) == ("held", "date_order_unknown")
        await change(past, asked, mapping={"columns": columns, "date_order": "mdy"})
        planned = await past.plan(found["id"])
        await past.approve(found["id"])
        await past.apply(planned["id"])
        occurred = past.sql("select occurred_at from past_entry where school_id = %s",
                            past.school.id)  # fmt: skip
        assert occurred[0][0].date().isoformat() == "2019-02-03"

    @pytest.mark.parametrize(
        ("columns", "place", "code"),
        [
            ({"text": ["Incident"]}, "/mapping/columns/occurred_at", "mapping_field_missing"),
            ({"colour": ["House"]}, "/mapping/columns/colour", "mapping_unknown_field"),
        ],
    )
    async def test_is_refused_where_it_does_not_fit(
        self, past: Past, columns: dict[str, list[str]], place: str, code: str
    ) -> None:
        found = await past.planned(export(line()))
        proposed = {} if "text" in columns else found["mapping"]["columns"]
        child = {"child_upn": ["UPN"]}
        answer = await change(past, found, mapping={"columns": proposed | child | columns})
        assert answer.status_code == 422
        (problem,) = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == (place, code)

    async def test_names_a_column_that_is_not_there(self, past: Past) -> None:
        found = await past.planned(export(line()))
        columns = found["mapping"]["columns"] | {"place": ["Where it was"]}
        await change(past, found, mapping={"columns": columns})
        planned = await past.plan(found["id"])
        assert planned["fault"]["code"] == "mapping_does_not_fit"


def classed(number: int, class_: str, upns: str = upn(1), name: str = "Confidentiality") -> bytes:
    header = f"Incident ID,UPN,Date,Incident,{name}\n"
    return export(f"{number},{upns},25/03/2019,Came without a coat.,{class_}", header=header)


class TestClass:
    """What is sealed stays sealed, whatever a mapping says of its column."""

    @pytest.mark.parametrize(
        "more", [{}, {"values": {"confidentiality": {"k5": "K3", "K5": "K3"}}}]
    )
    async def test_is_read_where_a_mapping_leaves_it_out_or_lowers_it(
        self, past: Past, more: dict[str, Any]
    ) -> None:
        await past.child(1)
        found = await past.planned(classed(1, "K5"))
        columns = dict(found["mapping"]["columns"])
        if not more:
            columns.pop("confidentiality", None)
        answer = await change(past, found, mapping={"columns": columns, **more})
        assert answer.status_code == 200, answer.text
        planned = await past.plan(found["id"])
        assert (fates(planned), planned["highest_class"]) == ({"new": 1}, "K5")
        later = await past.planned(classed(2, "K5"))
        assert later["highest_class"] == "K5"

    async def test_of_what_stands_holds_for_a_child_who_joins_it_later(self, past: Past) -> None:
        await past.child(1)
        rows = csv_of(row("1", f"upn:{upn(1)};witness=upn:{upn(2)}"))
        await past.bring(rows, confidentiality="K5")
        await past.child(2, "Sam", "Hill")
        again = await past.planned(rows)
        assert (fates(again), again["highest_class"]) == ({"new": 1}, "K5")

    async def test_is_given_up_by_somebody_alone_who_reads_it(self, past: Past) -> None:
        """Its words are the school's own: the next file would bring them in for everybody."""
        await past.child(1)
        found = await past.planned(classed(1, "sealed", name="Level"))
        columns = found["mapping"]["columns"] | {"confidentiality": ["Level"]}
        words = {"values": {"confidentiality": {"Sealed": "K5"}}}
        assert (await change(past, found, mapping={"columns": columns, **words})).status_code == 200
        assert (await past.plan(found["id"]))["highest_class"] == "K5"
        later = await past.planned(classed(2, "sealed", name="Level"))
        for mapping in (
            {"columns": {k: v for k, v in columns.items() if k != "confidentiality"}},
            {"columns": columns, "values": {"confidentiality": {"Sealed": "K3"}}},
        ):
            refused = await change(past, later, mapping=mapping)
            assert (refused.status_code, refused.json()["code"]) == (403, "past_class_not_read")
        answer = await past.lead.patch(
            f"/v1/imports/{later['id']}", {"mapping": mapping}, version=past.version(later["id"])
        )
        assert answer.status_code == 200, answer.text


class TestShapes:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"\xef\xbb\xbfForename;Surname;DOB;Incident date;Details\n"
             b"Alex;Marsh;03/02/2011;25/03/2019;Tired.\n", "concern"),
            ("Pupil\tDate\tNotes\nAlex Marsh\t25 March 2019\tTired.\n".encode("utf-16"), "note"),
            (f"UPN,Start Date,Kind\n{upn(1)},2019-03-25,looked_after\n".encode(), "status"),
            (f"UPN,Date,Notes\n{upn(1)},25/03/2019,It’s raw.\n".encode("cp1252"), "note"),
        ],
    )  # fmt: skip
    async def test_of_many_products_are_read(self, past: Past, content: bytes, kind: str) -> None:
        found = await past.planned(content, kind)
        assert found["fault"]["code"] == "mapping_needed", found
        assert found["mapping"]["missing"] == [], found["mapping"]
        mapping = {"columns": found["mapping"]["columns"]}
        assert (await change(past, found, mapping=mapping)).status_code == 200
        planned = await past.plan(found["id"])
        assert planned["counts"]["rows"] == 1, planned
        known = {"child_not_found", "source_id_missing", "upn_invalid", "status_kept_as_entry"}
        assert set(codes(planned)) <= known

    async def test_a_word_of_the_schools_own_stands_for_what_it_means(self, past: Past) -> None:
        await past.child(1)
        found = await past.planned(export(line()))
        answer = await change(past, found, categories=[{"source": "x", "code": "own.nowhere"}])
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
            422, "/categories/0/code",
        )  # fmt: skip
