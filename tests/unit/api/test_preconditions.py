"""Which If-Match names a version."""

import pytest

from app.api.deps import _if_match
from app.api.problems import PreconditionNeeded


class TestIfMatch:
    @pytest.mark.parametrize(("tag", "version"), [('"1"', 1), ('"120"', 120), (' "7" ', 7)])
    async def test_reads_the_tag_of_a_version(self, tag: str, version: int) -> None:
        assert await _if_match(tag) == version

    @pytest.mark.parametrize(
        "tag",
        ['W/"1"', "1", '"01"', '"1', '1"', '""1""', '"+1"', '"1", "2"', "*", '""', "", '"\u0661"',
         '"1234567890"', '"1"\n"1"'],
    )  # fmt: skip
    async def test_matches_no_version_otherwise(self, tag: str) -> None:
        assert await _if_match(tag) == -1

    async def test_has_to_be_sent(self) -> None:
        with pytest.raises(PreconditionNeeded):
            await _if_match(None)
