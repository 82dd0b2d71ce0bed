"""What a person chooses about their notices."""

from flask_wtf import FlaskForm
from wtforms import BooleanField

from portal.config import current_settings
from portal.models import User


class MailForm(FlaskForm):
    wants_mail = BooleanField("Send me these by mail too")

    @classmethod
    def of(cls, user: User) -> "MailForm":
        """The form filled with what was sent, or else with what is kept."""
        form = cls(obj=user)
        is_mailing = current_settings().mail is not None
        form.wants_mail.description = f"To {user.email}" if is_mailing else "This portal does not send mails yet."
        return form
