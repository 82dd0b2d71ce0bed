"""Registering, where that is open, and confirming an address: one's first, or a new one."""

from http import HTTPStatus

import structlog
from flask import flash, make_response, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.auth.dead_links import dead_link_page, take_link
from portal.auth.forms import RegistrationForm
from portal.auth.views import auth, where_to
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.models import Registration
from portal.nudge import WorkName, nudge
from portal.people.accounts import EmailTakenError
from portal.people.email_change import change_email, find_email_change
from portal.people.registration import begin_registration, confirm_registration, find_registration
from portal.rate_limits import REGISTRATIONS, account_of, refusal

log = structlog.get_logger()


@auth.route("/register", methods=["GET", "POST"])
def register() -> Response:
    """Whether the address has an account or not, the answer is the same, and its mail tells the rest."""
    if current_settings().registration != "open":
        return make_response(render_template("auth/registration_closed.html"), HTTPStatus.NOT_FOUND)
    if current_user.is_authenticated:
        return redirect(where_to(current_user))
    form = RegistrationForm()
    if not form.validate_on_submit():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK
        return make_response(render_template("auth/register.html", form=form), status)
    try:
        REGISTRATIONS.take(account_of(form.email.data))
    except TooManyRequests as error:
        form.email.errors = [error.description]
        return refusal(error, render_template("auth/register.html", form=form))
    begin_registration(email=form.email.data, name=form.name.data, password=form.password.data, at=utc_now())
    db.session.commit()
    nudge(WorkName.SEND_MAILS)
    return make_response(render_template("auth/look_into_your_mail.html", address=form.email.data))


@auth.get("/confirm/<token>")
def show_confirmation(token: str) -> Response:
    """Ask only: programs that look into mails follow links, too."""
    at = utc_now()
    registration = _registration(token, is_locked=False)
    if registration is not None:
        return _confirmation_page(token, registration.email, is_new_account=True)
    found = find_email_change(token, at)
    if found is None:
        return dead_link_page("registration")
    return _confirmation_page(token, found[1].email, is_new_account=False)


@auth.post("/confirm/<token>")
def confirm(token: str) -> Response:
    take_link(token)
    at = utc_now()
    try:
        registration = _registration(token, is_locked=True)
        if registration is not None:
            user = confirm_registration(registration, at)
            words = "Your account is ready. Sign in with your address and password."
        else:
            found = find_email_change(token, at, is_locked=True)
            if found is None:
                return dead_link_page("registration")
            user = found[0]
            change_email(user, found[1].email, at)
            words = "Your new address is confirmed. From now on you sign in with it."
        db.session.commit()
    except EmailTakenError:
        db.session.rollback()
        return dead_link_page("registration")
    log.info("account.registered" if registration else "account.email_changed", user=user.id)
    nudge(WorkName.SEND_MAILS)
    flash(words, "success")
    return redirect(url_for("auth.sign_in"), code=303)


def _registration(token: str, *, is_locked: bool) -> Registration | None:
    """A link from when registration was open is void once it is closed."""
    is_open = current_settings().registration == "open"
    return find_registration(token, utc_now(), is_locked=is_locked) if is_open else None


def _confirmation_page(token: str, address: str, *, is_new_account: bool) -> Response:
    page = render_template("auth/confirm.html", token=token, address=address, is_new_account=is_new_account)
    return make_response(page)
