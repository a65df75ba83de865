"""Vocabularies: one, all, or those that a screen needs in one answer that can be kept."""

import httpx
import pytest

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.welsh import NOTES, QUESTIONS, TITLES, WELSH
from tests.world import World

SCREEN = "things_reported,statement_kinds,immediacies"


class TestSome:
    async def test_a_screen_gets_its_vocabularies_whole_in_the_order_it_asked(
        self, world: World
    ) -> None:
        answer = await world.http.get("/v1/vocabularies", params={"names": SCREEN})
        assert answer.status_code == 200, answer.text
        assert [one["name"] for one in answer.json()["items"]] == SCREEN.split(",")
        for one in answer.json()["items"]:
            alone = await world.http.get(f"/v1/vocabularies/{one['name']}")
            assert one == alone.json()

    async def test_a_name_that_comes_twice_is_answered_once(self, world: World) -> None:
        answer = await world.http.get(
            "/v1/vocabularies", params={"names": "immediacies, immediacies,"}
        )
        assert [one["name"] for one in answer.json()["items"]] == ["immediacies"]

    async def test_an_unknown_name_is_told(self, world: World) -> None:
        answer = await world.http.get("/v1/vocabularies", params={"names": "immediacies,colours"})
        assert answer.status_code == 422
        [problem] = answer.json()["errors"]
        assert problem["pointer"] == "/query/names"
        assert problem["detail"].startswith("Name 2 is no vocabulary")
        assert "colours" not in answer.text, "what was sent is not repeated"

    async def test_without_names_every_vocabulary_is_listed_without_terms(
        self, world: World
    ) -> None:
        items = (await world.http.get("/v1/vocabularies")).json()["items"]
        assert [one["name"] for one in items] == list(VOCABULARIES)
        assert {one["terms"] is None for one in items} == {True}


class TestKeeping:
    @pytest.mark.parametrize("path", ["/v1/vocabularies", "/v1/vocabularies/immediacies"])
    async def test_it_may_be_kept_and_asked_for_again(self, world: World, path: str) -> None:
        first = await world.http.get(path)
        assert first.headers["cache-control"] == "public, max-age=86400"
        again = await world.http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        whichever = await world.http.get(path, headers={"If-None-Match": "*"})
        assert (whichever.status_code, whichever.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "public, max-age=86400"

    async def test_other_names_are_another_version(self, world: World) -> None:
        tags = [await _tag(world.http, names) for names in (SCREEN, "immediacies", SCREEN)]
        assert tags[0] == tags[2] != tags[1]


class TestWelsh:
    async def test_places_on_a_body_are_named_by_part_and_side(self, world: World) -> None:
        terms = (await world.http.get("/v1/vocabularies/body_map_regions")).json()["terms"]
        by_code = {term["code"]: term["label_cy"] for term in terms}
        assert by_code["eye_l"] == "Llygad, chwith"
        assert all(by_code.values())

    @pytest.mark.parametrize("name", ["statement_kinds", "alert_kinds", "event_kinds"])
    async def test_every_term_has_its_label_and_the_list_says_it_is_a_draft(
        self, world: World, name: str
    ) -> None:
        answer = (await world.http.get(f"/v1/vocabularies/{name}")).json()
        assert {term["code"]: term["label_cy"] for term in answer["terms"]} == WELSH[name]
        assert answer["review_cy"].startswith("draft: ")

    async def test_titles_notes_and_questions_have_welsh_beside_them(self, world: World) -> None:
        names = "things_reported,immediacies,safety_check_pictures"
        asked = await world.http.get("/v1/vocabularies", params={"names": names})
        reported, soon, pictures = asked.json()["items"]
        assert soon["title_cy"] == TITLES["immediacies"] != soon["title"]
        asks = [one for one in reported["terms"] if "question" in one]
        assert {one["code"]: one["question_cy"] for one in asks} == QUESTIONS
        (danger,) = [one for one in soon["terms"] if one["code"] == "immediate_danger"]
        assert danger["notes_cy"] == NOTES[danger["notes"]]
        assert all(one["notes_cy"] == one["notes"] for one in pictures["terms"])
        listed = (await world.http.get("/v1/vocabularies")).json()["items"]
        assert {one["name"]: one["title_cy"] for one in listed} == TITLES


async def _tag(client: httpx.AsyncClient, names: str) -> str:
    tag: str = (await client.get("/v1/vocabularies", params={"names": names})).headers["etag"]
    return tag
