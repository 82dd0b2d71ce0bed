"""What a coach fills in. The limits are those of portal.models.programme, as in the API."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import ValidationError

from portal.editing import Changes
from portal.form_checks import checked_by, given_back
from portal.models import Programme
from portal.models.programme import checked_description, checked_tags, checked_title


def _tags_of(text: str) -> list[str]:
    return checked_tags(text.split(","))


class NewProgrammeForm(FlaskForm):
    title = StringField("Title", filters=[given_back], validators=[checked_by(checked_title)])


class ProgrammeForm(FlaskForm):
    title = StringField("Title", filters=[given_back], validators=[checked_by(checked_title)])
    description = TextAreaField("Description", filters=[given_back], validators=[checked_by(checked_description)])
    tags = StringField(
        "Tags", description="Separated by commas", filters=[given_back], validators=[checked_by(_tags_of)]
    )
    is_premium = BooleanField("Premium", description="Only members can watch it")
    is_featured = BooleanField("Featured", description="Shown first in the catalogue")

    @classmethod
    def of(cls, programme: Programme) -> "ProgrammeForm":
        """The form filled with what was sent, or else with what is kept."""
        names = ("title", "description", "is_premium", "is_featured")
        return cls(data={name: getattr(programme, name) for name in names} | {"tags": ", ".join(programme.tags)})

    @property
    def changes(self) -> Changes:
        return {
            "title": checked_title(self.title.data),
            "description": checked_description(self.description.data),
            "tags": _tags_of(self.tags.data),
            "is_premium": bool(self.is_premium.data),
            "is_featured": bool(self.is_featured.data),
        }


class DeletionForm(FlaskForm):
    """Deleting wants the title typed, so that nobody deletes what they did not mean; spaces and lines don't count."""

    title = StringField("Title", description="Type it as it stands above.", filters=[given_back])

    def __init__(self, programme: Programme) -> None:
        super().__init__()
        self._title = programme.title

    def validate_title(self, field: Field) -> None:
        if " ".join((field.data or "").split()) != " ".join(self._title.split()):
            raise ValidationError("This is not the programme’s title.")
