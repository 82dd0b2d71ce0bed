"""What roles, outcomes and the doctor's findings are called on the admin's pages."""

from collections.abc import Mapping

from markupsafe import Markup

from portal.doctor.findings import Level
from portal.formatting import moment
from portal.models import ChangeSource, Outcome, Role
from portal.models.membership import Term

ROLE_WORDS: Mapping[Role, str] = {Role.ADMIN: "Admin", Role.COACH: "Coach", Role.VIEWER: "Viewer"}
LEVEL_WORDS: Mapping[Level, str] = {Level.BROKEN: "Broken", Level.LOOK: "Look at it", Level.FINE: "Fine"}
SOURCE_WORDS: Mapping[ChangeSource, str] = {
    ChangeSource.PAGE: "on this page",
    ChangeSource.LIST: "with a list",
    ChangeSource.API: "through the API",
}
OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.APPLIED: "Applied",
    Outcome.ALREADY_KNOWN: "Already known",
    Outcome.SUPERSEDED: "Of an earlier upload",
    Outcome.CONTRADICTS: "Contradicts what is known",
    Outcome.UNKNOWN_PROGRAMME: "Not about a programme of ours",
    Outcome.UNKNOWN_TYPE: "Of no use to us",
    Outcome.KEPT: "Kept for later",
    Outcome.FAILED: "Failed",
}
OUTCOME_MEANINGS: Mapping[Outcome, str] = {
    Outcome.APPLIED: "It changed its programme.",
    Outcome.ALREADY_KNOWN: "Its programme had got that far before, so nothing was changed.",
    Outcome.SUPERSEDED: "It belongs to an upload that a newer one has replaced, so its programme was not changed.",
    Outcome.CONTRADICTS: "It can’t be true together with what is known. Nothing was changed: Mux is asked instead.",
    Outcome.UNKNOWN_PROGRAMME: "It names no programme of this portal. Other software may use the same environment.",
    Outcome.UNKNOWN_TYPE: "It is of a type that says nothing about a programme’s video.",
    Outcome.KEPT: "It is of a type that nothing is made of yet.",
    Outcome.FAILED: "The portal could not apply it. Nothing was half done, and Mux sends it again for a day.",
}


def role_words(role: Role) -> str:
    return ROLE_WORDS[role]


def outcome_words(outcome: Outcome | None) -> str:
    return OUTCOME_WORDS[outcome] if outcome else "Not decided"


def outcome_meaning(outcome: Outcome | None) -> str:
    return OUTCOME_MEANINGS[outcome] if outcome else "It was kept, and nothing has been done with it yet."


def source_words(source: ChangeSource) -> str:
    return SOURCE_WORDS[source]


def term_words(term: Term) -> Markup:
    """Until when somebody has something, if they have it."""
    if not term.is_held:
        return Markup("none")
    return Markup("until {}").format(moment(term.until)) if term.until else Markup("without an end")
