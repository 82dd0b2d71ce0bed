"""What an administrator fills in about memberships: for one person, for one programme, or for many people at once."""

import re
import uuid
from contextlib import closing
from datetime import datetime

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import DateInput

from portal.form_checks import checked_by, given_back, given_back_trimmed
from portal.models.catalogue import all_programmes
from portal.models.programme import checked_text
from portal.people.membership_lists import decoded
from portal.people.memberships import checked_reason, known_products, read_last_day, refuse_the_past

SEARCH_MAX_CHARACTERS = 255
OFFERED_MAX = 8
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _reason(label: str) -> StringField:
    hint = "Kept with the change, for whoever asks later"
    return StringField(label, description=hint, filters=[given_back_trimmed], validators=[checked_by(checked_reason)])


class MembershipForm(FlaskForm):
    """Membership until the end of a day, or its end at once: then no day is asked for."""

    until = StringField(
        "Premium until", description="The end of this day, UTC", filters=[given_back_trimmed], widget=DateInput()
    )
    reason = _reason("Reason")

    def __init__(self, at: datetime, *, ends: bool = False, until: str = "") -> None:
        super().__init__(data={"until": until})
        self._at, self._ends = at, ends
        self.ends_at: datetime | None = None

    def validate_until(self, field: Field) -> None:
        if not self._ends:
            self.ends_at = _future_day(field.data, self._at)


class GrantForm(FlaskForm):
    """One programme for one person. Where several fit what was typed, `offered` are to choose from."""

    programme = StringField(
        "Programme", description="Words of its title, its id, or the address of its page", filters=[given_back_trimmed]
    )
    product_id = RadioField("Which of them", choices=[], validate_choice=False, default="")
    until = StringField(
        "Until",
        description="The end of this day, UTC; left empty, without an end",
        filters=[given_back_trimmed],
        widget=DateInput(),
    )
    reason = _reason("Reason for it")

    def __init__(self, at: datetime) -> None:
        super().__init__(prefix="grant-")
        self._at = at
        self.ends_at: datetime | None = None
        self.chosen: uuid.UUID | None = None
        self.title = ""

    def validate_programme(self, field: Field) -> None:
        try:
            words = checked_text(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if not words or len(words) > SEARCH_MAX_CHARACTERS:
            raise ValidationError("Enter words of its title, its id, or its address.")
        named = _UUID.search(self.product_id.data or "") or _UUID.search(words)
        if named:
            self._choose_by_id(uuid.UUID(named[0]))
        else:
            self._choose_by_words(words)

    def validate_until(self, field: Field) -> None:
        if field.data:
            self.ends_at = _future_day(field.data, self._at)

    def _choose_by_id(self, product_id: uuid.UUID) -> None:
        title = known_products({product_id}).get(product_id)
        if title is None:
            raise ValidationError("There is no programme with this id.")
        self.chosen, self.title = product_id, title

    def _choose_by_words(self, words: str) -> None:
        found = all_programmes(search=words, limit=OFFERED_MAX, after=None).items
        if not found:
            raise ValidationError("No programme has these words in its title.")
        if len(found) == 1:
            self.chosen, self.title = found[0].product_id, found[0].title
            return
        self.product_id.choices = [
            SelectChoice(value=str(programme.product_id), label=f"{programme.title}, {programme.owner_name}")
            for programme in found
        ]
        self.product_id.data = ""
        raise ValidationError("Several programmes fit. Choose one below, or use more words.")


class RevocationForm(FlaskForm):
    reason = _reason("Reason")


class MembershipListForm(FlaskForm):
    """A list as a file or pasted; `content` is its text once the form was found valid."""

    file = FileField("File", description="CSV in UTF-8, up to 1 MB and 5,000 lines")
    text = TextAreaField("Or paste the list", filters=[given_back])
    content = ""

    def validate_file(self, field: Field) -> None:
        if field.data:
            with closing(field.data) as sent:
                self._take(sent.read())

    def validate_text(self, field: Field) -> None:
        if self.content or self.file.errors:
            return
        self._take(field.data.encode())
        if not self.content.strip():
            raise ValidationError("Choose a file or paste a list.")

    def _take(self, content: bytes) -> None:
        try:
            self.content = decoded(content)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _future_day(text: str, at: datetime) -> datetime:
    try:
        return refuse_the_past(read_last_day(text), at)
    except ValueError as error:
        raise ValidationError(str(error)) from error
