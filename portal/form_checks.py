"""What fields of forms share: showing back what was typed, and telling beside the field what is wrong with it."""

from collections.abc import Callable

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import ValidationError

from portal.models.programme import showable


def given_back(value: str | None) -> str:
    """What was typed, as a page can show it again next to what is wrong with it."""
    return showable(value or "")


def given_back_trimmed(value: str | None) -> str:
    """The same, without blanks around it."""
    return given_back(value).strip()


def checked_by(check: Callable[[str], object]) -> Callable[[FlaskForm, Field], None]:
    """A validator of what raises ValueError with words for the person."""

    def validate(_form: FlaskForm, field: Field) -> None:
        try:
            check(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    return validate
