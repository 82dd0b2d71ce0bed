"""Which passwords are refused: too short, too long, or among the first that anybody would try."""

from portal.people.accounts import PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS

LEAST_DIFFERENT_CHARACTERS = 4
ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn")
# Of the lists of the most used passwords, those with ten characters and more, without what is added at their end.
OBVIOUS = frozenset(
    {
        *("password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd", "passwordpassword", "mypassword", "motdepasse"),
        *("administrator", "changemenow", "changeme", "letmein", "welcome", "iloveyou", "iloveyousomuch", "sunshine"),
        *("basketball", "volleyball", "football", "baseball", "liverpool", "manchester", "metallica", "starwars"),
        *("1q2w3e4r5t", "1q2w3e4r5t6y", "q1w2e3r4t5", "qazwsxedc", "contraseña", "superman", "princess", "trustno1"),
        *("programmeportal", "programme portal", "portal-demo", "abc123abc123", "computer", "internet", "testtest"),
    }
)
ADDED = "0123456789!.?#*$@_- "  # what people put around a word so that it counts as good


def trouble_with_password(password: str, *, email: str = "", name: str = "") -> str | None:
    """What is wrong with it as the password of this person, in words for them; None if nothing is."""
    if len(password) < PASSWORD_MIN_CHARACTERS:
        return f"Use at least {PASSWORD_MIN_CHARACTERS} characters."
    if len(password) > PASSWORD_MAX_CHARACTERS:
        return f"Use {PASSWORD_MAX_CHARACTERS} characters at the most."
    folded = password.casefold()
    if folded.strip(ADDED) in _own_words(email, name) or _squeezed(folded) in _own_words(email, name):
        return "This is your name or address, which others know. Choose something else."
    if _is_obvious(folded):
        return "This is one of the first passwords that anybody would try. Choose something else."
    return None


def _own_words(email: str, name: str) -> set[str]:
    address, person = email.strip().casefold(), name.strip().casefold()
    words = {address, address.partition("@")[0], person, *person.split()}
    return (words | {_squeezed(word) for word in words}) - {""}


def _is_obvious(folded: str) -> bool:
    is_in_a_row = any(folded in row or folded in row[::-1] for row in ROWS)
    has_few = len(set(folded)) < LEAST_DIFFERENT_CHARACTERS
    return is_in_a_row or has_few or folded in OBVIOUS or folded.strip(ADDED) in OBVIOUS


def _squeezed(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
