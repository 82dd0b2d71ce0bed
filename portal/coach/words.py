"""What happenings are called on a programme's page, and who made them."""

from collections.abc import Mapping

from portal.models import Happening, History

KIND_WORDS: Mapping[Happening, str] = {
    Happening.STATE: "State",
    Happening.ATTEMPT: "Upload",
    Happening.EVENT: "Word from Mux",
    Happening.EDIT: "Edit",
    Happening.NOTICE: "Notice",
}
# Where no person is named: rows of people whose account is gone name none either.
UNNAMED: Mapping[Happening, str] = {Happening.NOTICE: "The portal", Happening.EDIT: "Somebody whose account is gone"}


def kind_words(kind: Happening) -> str:
    return KIND_WORDS[kind]


def who_words(happening: History) -> str:
    """Who or what made something happen."""
    if happening.actor is not None:
        return happening.actor.name
    return UNNAMED.get(happening.kind, "Mux")
