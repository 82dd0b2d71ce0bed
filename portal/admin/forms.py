"""What the lists are narrowed by: forms that stand in the address, so that a narrowed list can be kept as a link."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import DateInput

from portal.admin.words import OUTCOME_WORDS, ROLE_WORDS
from portal.form_checks import checked_by, given_back_trimmed
from portal.models import Outcome, Role, Status
from portal.models.programme import checked_text
from portal.models.webhook_event import EventFilter
from portal.template_context import STATUS_WORDS

SEARCH_MAX_CHARACTERS = 255


def _search(value: str) -> str:
    if len(value) > SEARCH_MAX_CHARACTERS:
        raise ValueError(f"Use {SEARCH_MAX_CHARACTERS} characters at the most.")
    return checked_text(value)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise ValueError("Write the day as year-month-day, like 2026-03-02.") from error


def _product_id(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError as error:
        raise ValueError("This is not the id of a programme. It stands at the end of its page’s address.") from error


def _one_of(choices: Iterable[str]) -> Callable[[str], None]:
    known = frozenset(choices)

    def check(value: str) -> None:
        if value and value not in known:
            raise ValueError("Choose one from the list.")

    return check


def _choice(label: str, words: Mapping[Any, str]) -> SelectField:
    """A choice among the members of an enum, or all of them."""
    choices = [
        SelectChoice(value="", label="All"),
        *(SelectChoice(value=each.value, label=words[each]) for each in words),
    ]
    check = checked_by(_one_of([each.value for each in words]))
    return SelectField(label, choices=choices, default="", validate_choice=False, validators=[check])


def _text(label: str, check: Callable[[str], object], **options: Any) -> StringField:
    return StringField(label, filters=[given_back_trimmed], validators=[checked_by(check)], **options)


class ListForm(FlaskForm):
    """A form that asks and changes nothing, and so needs no token."""

    class Meta:
        csrf = False

    def __init__(self, asked: MultiDict[str, str]) -> None:
        super().__init__(formdata=asked)

    @property
    def arguments(self) -> dict[str, str]:
        """What the list was narrowed by, for the addresses of its other pages."""
        return {name: value for name, value in self.data.items() if value}

    def chosen(self, name: str, kind: type[StrEnum]) -> Any:
        """The member that was chosen, or None for all."""
        return kind(self.data[name]) if self.data[name] else None


class ProgrammeFilterForm(ListForm):
    status = _choice("Status", STATUS_WORDS)
    q = _text("Words in the title", _search)

    def wanted(self) -> dict[str, Any]:
        return {"status": self.chosen("status", Status), "search": self.q.data}


class PeopleFilterForm(ListForm):
    role = _choice("Role", ROLE_WORDS)
    q = _text("Name or e-mail", _search)

    def wanted(self) -> dict[str, Any]:
        return {"role": self.chosen("role", Role), "search": self.q.data}


class EventFilterForm(ListForm):
    type = _text("Type", _search, description="Or its beginning")
    outcome = _choice("Outcome", OUTCOME_WORDS)
    programme = _text("Programme", _product_id, description="Its id")
    day_from = _text("From", _day, widget=DateInput(), description="00:00 UTC")
    day_to = _text("To", _day, widget=DateInput(), description="24:00 UTC")

    def validate_day_to(self, field: Field) -> None:
        """Both days are read here: each that can't be read has its own message already."""
        try:
            first, last = _day(self.day_from.data), _day(field.data)
        except ValueError:
            return
        if first and last and last < first:
            raise ValidationError("This day is before the first one.")

    def wanted(self) -> EventFilter:
        return EventFilter(
            type=self.type.data or None,
            outcome=self.chosen("outcome", Outcome),
            product_id=_product_id(self.programme.data),
            first_day=_day(self.day_from.data),
            last_day=_day(self.day_to.data),
        )
