"""What an administrator fills in on a person's page."""

from flask_wtf import FlaskForm
from wtforms import EmailField, Field, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.admin.words import ROLE_WORDS
from portal.extensions import db
from portal.form_checks import given_back_trimmed
from portal.models import Role, User
from portal.models.user import EMAIL_MAX_CHARACTERS, select_user_by_email


class RoleForm(FlaskForm):
    role = SelectField(
        "Role",
        choices=[SelectChoice(value=role.value, label=words) for role, words in ROLE_WORDS.items()],
        validate_choice=False,
    )

    def validate_role(self, field: Field) -> None:
        if field.data not in set(Role):
            raise ValidationError("Choose one from the list.")


class HandOverForm(FlaskForm):
    """Who takes the programmes of somebody else; `taker` is the account, once the form was found valid."""

    hand_over_to = EmailField("Hand over to", description="E-mail of another coach", filters=[given_back_trimmed])
    taker: User | None = None

    def __init__(self, giver: User, *, is_needed: bool) -> None:
        super().__init__(prefix="" if is_needed else "leaving-")
        self._giver, self._is_needed = giver, is_needed
        if not is_needed:
            self.hand_over_to.label.text = "Hand programmes over to"
            self.hand_over_to.description = "E-mail of another coach; may be left empty, and done later"

    def validate_hand_over_to(self, field: Field) -> None:
        if not field.data:
            if self._is_needed:
                raise ValidationError("Enter the e-mail of the coach who takes them.")
            return
        taker = None
        if len(field.data) <= EMAIL_MAX_CHARACTERS and field.data.isprintable():
            taker = db.session.scalar(select_user_by_email(field.data))
        if taker is None:
            raise ValidationError("Nobody has this address.")
        if taker.id == self._giver.id:
            raise ValidationError("This is the person who gives them away.")
        if not taker.is_enabled or not taker.makes_programmes:
            raise ValidationError("This is not an active coach or administrator.")
        self.taker = taker
