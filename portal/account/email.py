"""Another e-mail address for one's account, which a mail to it has to confirm."""

from http import HTTPStatus

import structlog
from flask import make_response, render_template
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.account.own_password import trouble_with_own_password
from portal.account.person_forms import EmailForm
from portal.account.views import account
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.nudge import WorkName, nudge
from portal.people.email_change import ask_for_email_change
from portal.rate_limits import EMAIL_CHANGES, account_of, refusal

log = structlog.get_logger()


@account.route("/email", methods=["GET", "POST"])
def ask_for_another_email() -> Response:
    """Whether another account has the address or not, the answer is the same, and its mail tells the rest."""
    user, can_mail = signed_in_user(), current_settings().mail is not None
    form = EmailForm(user)
    if not can_mail or not form.validate_on_submit():
        return _email_page(form, HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK)
    try:
        trouble = trouble_with_own_password(user, form.password.data)
        if trouble is None:
            EMAIL_CHANGES.take(account_of(form.email.data))
    except TooManyRequests as error:
        form.password.errors = [error.description]
        return refusal(error, _email_words(form))
    if trouble is not None:
        form.password.errors = [trouble]
        return _email_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    ask_for_email_change(user, form.email.data, utc_now())
    db.session.commit()
    nudge(WorkName.SEND_MAILS)
    log.info("account.email_change_asked", user=user.id)
    return make_response(render_template("account/email_asked.html", address=form.email.data))


def _email_page(form: EmailForm, status: int) -> Response:
    return make_response(_email_words(form), status)


def _email_words(form: EmailForm) -> str:
    can_mail = current_settings().mail is not None
    return render_template("account/change_email.html", form=form, person=signed_in_user(), can_mail=can_mail)
