"""What a coach fills in. The limits are those of portal.models.programme, as in the API."""

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import ValidationError

from portal.models import Programme
from portal.models.programme import checked_description, checked_tags, checked_title


def _checked_by(check: Callable[[Any], Any], *, is_tags: bool = False) -> Callable[[FlaskForm, Field], None]:
    def validate(_form: FlaskForm, field: Field) -> None:
        try:
            check(_split(field.data or "") if is_tags else field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from error

    return validate


def _split(text: str) -> list[str]:
    return text.split(",")


class NewProgrammeForm(FlaskForm):
    title = StringField("Title", validators=[_checked_by(checked_title)])


class ProgrammeForm(FlaskForm):
    title = StringField("Title", validators=[_checked_by(checked_title)])
    description = TextAreaField("Description", validators=[_checked_by(checked_description)])
    tags = StringField("Tags", description="Separated by commas", validators=[_checked_by(checked_tags, is_tags=True)])
    is_premium = BooleanField("Premium", description="Only members can watch it")
    is_featured = BooleanField("Featured", description="Shown first in the catalogue")

    @classmethod
    def of(cls, programme: Programme) -> "ProgrammeForm":
        """The form filled with what was sent, or else with what is kept."""
        names = ("title", "description", "is_premium", "is_featured")
        return cls(data={name: getattr(programme, name) for name in names} | {"tags": ", ".join(programme.tags)})

    def apply_to(self, programme: Programme) -> None:
        programme.title = checked_title(self.title.data)
        programme.description = checked_description(self.description.data or "")
        programme.tags = checked_tags(_split(self.tags.data or ""))
        programme.is_premium = bool(self.is_premium.data)
        programme.is_featured = bool(self.is_featured.data)
