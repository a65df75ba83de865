"""Two people on one device: neither client sends what is one's as the other."""

import pytest

from tests.clients.installed import Home

pytestmark = pytest.mark.machine_time

PROGRAMS = {"typescript": "people.ts", "python": "people.py"}


@pytest.mark.parametrize("language", PROGRAMS)
class TestTheNextPerson:
    @pytest.mark.parametrize("when", ["busy", "refused", "sent", "kept"])
    async def test_does_not_send_what_was_queued(
        self, homes: dict[str, Home], language: str, when: str
    ) -> None:
        assert await homes[language].run(PROGRAMS[language], f"queued_and_{when}") == "done\n"

    async def test_does_not_send_a_call_again(self, homes: dict[str, Home], language: str) -> None:
        assert await homes[language].run(PROGRAMS[language], "called") == "done\n"

    @pytest.mark.parametrize("when", ["renewing", "refused"])
    async def test_stays_signed_in_when_an_answer_to_the_former_one_is_late(
        self, homes: dict[str, Home], language: str, when: str
    ) -> None:
        assert await homes[language].run(PROGRAMS[language], f"replaced_while_{when}") == "done\n"

    @pytest.mark.parametrize("what", ["without_a_refresh_token", "with_versions"])
    async def test_inherits_nothing(self, homes: dict[str, Home], language: str, what: str) -> None:
        assert await homes[language].run(PROGRAMS[language], what) == "done\n"


@pytest.mark.parametrize("language", PROGRAMS)
class TestTheTokenEndpoint:
    async def test_signs_nobody_in_who_signed_out_while_it_answered(
        self, homes: dict[str, Home], language: str
    ) -> None:
        program = PROGRAMS[language]
        assert await homes[language].run(program, "signed_out_while_renewing") == "done\n"

    async def test_is_asked_again_after_the_time_that_it_names(
        self, homes: dict[str, Home], language: str
    ) -> None:
        program = PROGRAMS[language]
        assert await homes[language].run(program, "at_a_busy_token_endpoint") == "done\n"
