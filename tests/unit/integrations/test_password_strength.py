"""Which new passwords are refused, and why; no good one may be."""

import time

import pytest

from app.integrations.password_strength import LISTS, common_words, weakness_of

ABOUT = ["sam.roe@oakfield.example", "Sam Okonkwo-Roe", "Oakfield Primary School"]


class TestCommonPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "Password123456!",
            "P@ssw0rd2026!!",
            "  password1234  ",
            "qwertyuiop1234",
            "Liverpool2026!!",
            "correct horse battery staple",
            "CorrectHorseBatteryStaple1",
            "correct-horse-battery-staple",
            "safeguarding2026",
            "$unsh1ne2026!!",
        ],
    )
    def test_are_refused_in_any_disguise(self, password: str) -> None:
        assert weakness_of(password) == "common"

    def test_are_refused_whole(self) -> None:
        """Every word of the list that is long enough to be a password at all."""
        let_in = [word for word in common_words() if len(word) >= 12 and weakness_of(word) is None]
        assert let_in == []

    def test_are_many(self) -> None:
        """ASVS 6.2.4 asks for the top 3,000."""
        assert len(common_words()) > 18_000
        assert {"password", "123456", "qwerty", "letmein"} <= common_words()

    def test_come_with_source_and_licence(self) -> None:
        assert "BSD 3-Clause" in (LISTS / "README.md").read_text()
        assert "Redistribution and use" in (LISTS / "LICENSE.django").read_text()


class TestGuessablePasswords:
    @pytest.mark.parametrize(
        "password",
        ["x" * 256, "abcdefghijkl", "12345678901234", "20261125 20261125", "zxcvbnm,./zxcvbnm,./",
         "\ufdfa" * 100],
    )  # fmt: skip
    def test_are_refused(self, password: str) -> None:
        assert weakness_of(password) in {"guessable", "common"}

    @pytest.mark.parametrize("password", ["a" * 11, "", "pässwört 🔑"])
    def test_are_refused_when_too_short(self, password: str) -> None:
        assert weakness_of(password) == "too_short"

    def test_are_refused_when_too_long(self) -> None:
        assert weakness_of("quiet otters " * 20) == "too_long"


class TestPersonalPasswords:
    @pytest.mark.parametrize(
        "password",
        ["OakfieldPrimary2026", "sam.roe@oakfield", "0akf1eld0akf1eld", "Okonkwo-Okonkwo-1",
         "oakfield-primary-school"],
    )  # fmt: skip
    def test_are_refused(self, password: str) -> None:
        assert weakness_of(password, ABOUT) == "personal"

    def test_are_judged_by_the_person(self) -> None:
        assert weakness_of("sam.roe@oakfield", ["kim@hill.example"]) is None


class TestGoodPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "quiet otters row past midnight",
            "harbour-lights-at-dusk",
            "a quite different long phrase",
            " pässwörd 🔑 with spaces at both ends ",
            "мой тихий сад за рекой",
            "vK3!nq8Zr2#t",
            "oakfield otters row past midnight",
            "J" + "kq7Zp2vX" * 7 + "abcdefg",
        ],
    )
    def test_are_let_in(self, password: str) -> None:
        assert weakness_of(password, ABOUT) is None

    def test_of_64_characters_of_any_script_are_let_in(self) -> None:
        """ASVS 6.2.9: at least 64 characters."""
        phrase = "Ein stiller Garten hinter dem Fluß, 静かな庭, και ένα μικρό σπίτι 🔑!"
        assert len(phrase) == 64
        assert weakness_of(phrase) is None

    def test_are_judged_in_a_bounded_time(self) -> None:
        started = time.process_time()
        for password in ("1" * 256, "password" * 32, "a1B2c3D4" * 32, "qwerty" * 42):
            weakness_of(password, ABOUT * 5)
        assert time.process_time() - started < 2
