"""Deleting one's own account."""

from http import HTTPStatus

import structlog
from flask import flash, make_response, redirect, render_template, session, url_for
from flask_login import logout_user
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.account.own_password import trouble_with_own_password
from portal.account.person_forms import DeletionForm
from portal.account.views import account
from portal.clock import utc_now
from portal.extensions import db
from portal.headers import have_pages_forgotten
from portal.models import User
from portal.nudge import WorkName, nudge
from portal.people.account_deletion import ProgrammesRemainError, count_remaining_programmes, delete_account
from portal.people.standing import StandingError
from portal.rate_limits import refusal

log = structlog.get_logger()


@account.get("/deletion")
def confirm_deletion() -> Response:
    """Say what goes, and ask for the password."""
    return _deletion_page(DeletionForm(), signed_in_user(), HTTPStatus.OK)


@account.post("/deletion")
def delete_own_account() -> Response:
    form, user, at = DeletionForm(), signed_in_user(), utc_now()
    if not form.validate():
        return _deletion_page(form, user, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        trouble = trouble_with_own_password(user, form.password.data)
    except TooManyRequests as error:
        form.password.errors = [error.description]
        return refusal(error, _deletion_words(form, user))
    if trouble is not None:
        form.password.errors = [trouble]
        return _deletion_page(form, user, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        ending = delete_account(user, deletes_programmes=form.programmes_too.data, at=at)
    except ProgrammesRemainError:
        db.session.rollback()
        form.programmes_too.errors = ["Say that they may go, or have them handed over first."]
        return _deletion_page(form, signed_in_user(), HTTPStatus.CONFLICT)
    except StandingError as error:
        db.session.rollback()
        form.password.errors = [str(error)]
        return _deletion_page(form, signed_in_user(), HTTPStatus.CONFLICT)
    user_id = user.id
    db.session.commit()
    log.info("account.deleted", user=user_id, ending=ending.value)
    nudge(WorkName.SEND_MAILS)
    logout_user()
    session.clear()
    flash("Your account is deleted.", "success")
    answer = redirect(url_for("auth.sign_in"), code=303)
    have_pages_forgotten(answer)
    return answer


def _deletion_page(form: DeletionForm, user: User, status: int) -> Response:
    return make_response(_deletion_words(form, user), status)


def _deletion_words(form: DeletionForm, user: User) -> str:
    programmes = count_remaining_programmes(user)
    return render_template("account/delete_account.html", form=form, person=user, programmes=programmes)
