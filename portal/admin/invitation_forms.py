"""What an administrator fills in to invite somebody."""

from flask_wtf import FlaskForm
from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.admin.words import ROLE_WORDS
from portal.models import Role
from portal.people.account_fields import email_field

# Most often it is a coach: viewers may come by themselves.
ORDER = (Role.COACH, Role.VIEWER, Role.ADMIN)


class InvitationForm(FlaskForm):
    email = email_field("Email", autocomplete="off")
    role = SelectField(
        "Role",
        choices=[SelectChoice(value=role.value, label=ROLE_WORDS[role]) for role in ORDER],
        validate_choice=False,
    )

    def validate_role(self, field: Field) -> None:
        if field.data not in set(Role):
            raise ValidationError("Choose one from the list.")
