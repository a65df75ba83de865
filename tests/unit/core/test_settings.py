"""Settings: what is derived from others follows them."""

from app.core.settings import Settings


class TestCopies:
    def test_derive_links_and_audience_from_their_own_addresses(self) -> None:
        first = Settings(base_url="http://one.example")
        assert first.links_url == "http://one.example"
        assert first.audience == "http://one.example/v1"
        other = first.model_copy(
            update={"base_url": "http://two.example", "front_url": "https://front.example"}
        )
        assert other.links_url == "https://front.example"
        assert other.audience == "http://two.example/v1"
