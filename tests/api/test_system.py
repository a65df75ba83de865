"""What HTTP asks of every server: probes, methods, preconditions."""

import pytest

from tests.api.record.test_concerns import raise_one
from tests.world import School, World


class TestProbes:
    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    async def test_answer_head_like_get(self, world: World, path: str) -> None:
        read = await world.anybody.get(path)
        asked = await world.anybody.request("HEAD", path)
        assert (read.status_code, asked.status_code) == (200, 200)
        assert asked.headers["content-length"] == read.headers["content-length"]
        assert asked.headers["content-type"] == read.headers["content-type"]

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    async def test_describe_get_alone(self, world: World, path: str) -> None:
        assert set(world.description.document["paths"][path]) == {"get"}
        refused = await world.anybody.post(path)
        assert refused.status_code == 405


class TestPreconditions:
    @pytest.mark.parametrize("tag", ['W/"1"', "1", '"01"', "*"])
    async def test_are_met_by_the_strong_tag_alone(self, school: School, tag: str) -> None:
        receipt = await raise_one(school.staff, await school.child())
        path = f"/v1/concerns/{receipt['id']}/acknowledge"
        refused = await school.lead.post(path, headers={"If-Match": tag})
        assert (refused.status_code, refused.json()["code"]) == (412, "version_stale")
        assert refused.json()["detail"].startswith("If-Match must be the ETag of this record")
        stale = await school.lead.post(path, headers={"If-Match": '"9"'})
        assert stale.json()["detail"] == stale.json()["title"]
        done = await school.lead.post(path, headers={"If-Match": '"1"'})
        assert done.status_code == 200
