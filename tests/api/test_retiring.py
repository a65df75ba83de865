"""An operation that goes away says so in every answer and in the description."""

from datetime import date

import pytest
from fastapi import FastAPI

from app.api.describe import describe
from app.api.operations import Operations
from app.api.retiring import RETIRING, Retiring
from app.api.schemas.sessions import AcceptedOut
from tests.answers import inlined
from tests.world import World

SOON = Retiring(date(2031, 3, 1), date(2033, 3, 1), "/readyz")


class TestRetiring:
    async def test_is_told_by_every_answer(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(RETIRING, "get_me", SOON)
        refused = await world.anybody.get("/v1/me")
        assert refused.status_code == 401
        assert refused.headers["deprecation"] == "@1930089600"
        assert refused.headers["sunset"] == "Tue, 01 Mar 2033 00:00:00 GMT"
        assert refused.headers["link"] == '</readyz>; rel="successor-version"'

    async def test_is_told_by_no_other_operation(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(RETIRING, "get_me", SOON)
        answer = await world.anybody.get("/readyz")
        assert "deprecation" not in answer.headers
        assert "sunset" not in answer.headers

    def test_is_told_by_the_description(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ops, app = Operations("system"), FastAPI()

        @ops.public("GET", "/v1/old", out=AcceptedOut)
        async def get_old_thing() -> None:
            """Get an old thing."""

        monkeypatch.setitem(RETIRING, "get_old_thing", SOON)
        app.include_router(ops.router)
        describe(app)
        told = inlined(app.openapi())["paths"]["/v1/old"]["get"]
        assert (told["deprecated"], told["x-sunset"]) == (True, "2033-03-01")
        assert "Use `/readyz`." in told["description"]
        assert all(
            {"Deprecation", "Sunset"} <= one["headers"].keys() for one in told["responses"].values()
        )

    @pytest.mark.parametrize("until", [date(2033, 2, 28), date(2032, 3, 1), date(2031, 3, 1)])
    def test_is_refused_with_less_notice_than_promised(self, until: date) -> None:
        with pytest.raises(ValueError, match="24 months"):
            Retiring(date(2031, 3, 1), until, "/readyz")
