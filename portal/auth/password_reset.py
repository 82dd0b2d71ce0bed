"""A new password for whoever has forgotten theirs."""

from http import HTTPStatus

import structlog
from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.auth.dead_links import dead_link_page, take_link
from portal.auth.forms import ForgottenPasswordForm, NewPasswordForm
from portal.auth.views import auth
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.nudge import WorkName, nudge
from portal.people.password_reset import ask_for_reset, find_account_to_reset, reset_password
from portal.rate_limits import PASSWORD_RESETS, account_of, refusal

log = structlog.get_logger()


@auth.route("/forgotten-password", methods=["GET", "POST"])
def ask_for_new_password() -> Response:
    """Whether the address has an account or not, the answer is the same, and takes as long."""
    form, can_mail = ForgottenPasswordForm(), current_settings().mail is not None
    if not can_mail or not form.validate_on_submit():
        page = render_template("auth/forgotten_password.html", form=form, can_mail=can_mail)
        return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK)
    try:
        PASSWORD_RESETS.take(account_of(form.email.data))
    except TooManyRequests as error:
        form.email.errors = [error.description]
        return refusal(error, render_template("auth/forgotten_password.html", form=form, can_mail=can_mail))
    ask_for_reset(form.email.data, utc_now())
    db.session.commit()
    nudge(WorkName.SEND_MAILS)
    return make_response(render_template("auth/reset_asked.html", address=form.email.data))


@auth.get("/reset-password/<token>")
def show_reset(token: str) -> Response:
    """Ask only: programs that look into mails follow links, too."""
    user = find_account_to_reset(token, utc_now())
    if user is None:
        return dead_link_page("reset")
    return make_response(
        render_template("auth/reset_password.html", form=NewPasswordForm(user), token=token, user=user)
    )


@auth.post("/reset-password/<token>")
def choose_new_password(token: str) -> Response:
    """Nobody is signed in by it: who only has the link has to know the new password like everybody else."""
    take_link(token)
    at = utc_now()
    user = find_account_to_reset(token, at, is_locked=True)
    if user is None:
        return dead_link_page("reset")
    form = NewPasswordForm(user)
    if not form.validate():
        page = render_template("auth/reset_password.html", form=form, token=token, user=user)
        return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    reset_password(user, form.password.data, at)
    db.session.commit()
    log.info("account.password_reset", user=user.id)
    nudge(WorkName.SEND_MAILS)
    flash("Your password is changed. Sign in with it.", "success")
    return redirect(url_for("auth.sign_in"), code=303)
