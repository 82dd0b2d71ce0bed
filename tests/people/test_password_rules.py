"""Which passwords are refused."""

import pytest

from portal.people.password_rules import trouble_with_password

WHO = {"email": "nora.new@example.com", "name": "Nora Newcomer"}


@pytest.mark.parametrize(
    "password",
    [
        "seven quiet herons",
        "ten chars!",
        "   blanks   ",
        "пароль из слов",
        "🌱🌿🌳🌴🌵🌾🍀🍁🍂🍃",
        "nora likes seven herons",
        "seedling" * 128,
    ],
)
def test_these_will_do(password: str) -> None:
    assert trouble_with_password(password, **WHO) is None


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("nine char", "at least 10"),
        ("x" * 1025, "1024 characters at the most"),
        ("nora.new@example.com", "name or address"),
        ("NORA.NEW@EXAMPLE.COM", "name or address"),
        ("nora.new12", "name or address"),
        ("nora newcomer", "name or address"),
        ("NoraNewcomer1!", "name or address"),
        ("noranewcomer", "name or address"),
        ("newcomer2026", "name or address"),
        ("1234567890", "first passwords"),
        ("9876543210", "first passwords"),
        ("qwertyuiop", "first passwords"),
        ("QwertyuiopAS", "first passwords"),
        ("abcdefghijk", "first passwords"),
        ("password123", "first passwords"),
        ("Passw0rd2026!", "first passwords"),
        ("passwordpassword", "first passwords"),
        ("portal-demo", "first passwords"),
        ("aaaaaaaaaaaa", "first passwords"),
        ("ababababab", "first passwords"),
        ("          ", "first passwords"),
    ],
)
def test_these_are_refused(password: str, words: str) -> None:
    trouble = trouble_with_password(password, **WHO)

    assert trouble
    assert words in trouble


def test_without_a_person_no_word_is_theirs() -> None:
    assert trouble_with_password("norahnewcomer") is None
