"""One's own page: name and address, another password, and where one is signed in."""

from http import HTTPStatus

import structlog
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.account.forms import PasswordForm
from portal.account.own_password import trouble_with_own_password
from portal.clock import utc_now
from portal.extensions import db
from portal.models.paging import is_row_id, row_id_or_none
from portal.models.session import live_sessions
from portal.people.sessions import current_session, end_session
from portal.people.standing import change_password, end_everything
from portal.rate_limits import refusal

account = Blueprint("account", __name__, url_prefix="/account")

PAGE_SIZE = 12

log = structlog.get_logger()


@account.get("/", strict_slashes=False)
def show_account() -> Response:
    return _account_page(PasswordForm(signed_in_user()), HTTPStatus.OK)


@account.post("/password")
def choose_password() -> Response:
    user, at = signed_in_user(), utc_now()
    form = PasswordForm(user)
    if not form.validate():
        return _account_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        trouble = trouble_with_own_password(user, form.current.data)
    except TooManyRequests as error:
        form.current.errors = [error.description]
        return refusal(error, _account_words(form))
    if trouble is not None:
        form.current.errors = [trouble]
        return _account_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    change_password(user, form.new.data, at=at, but=current_session())
    db.session.commit()
    log.info("account.password_changed", user=user.id)
    flash("Your password is changed. You are signed out everywhere else.", "success")
    return _to_account()


@account.post("/sessions/<int:session_id>/end")
def sign_out_there(session_id: int) -> Response:
    if is_row_id(session_id):
        end_session(signed_in_user(), session_id, at=utc_now())
        db.session.commit()
    flash("That session has ended.", "success")
    return _to_account()


@account.post("/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """Here one stays signed in: it is from here that one looks after the rest."""
    end_everything(signed_in_user(), at=utc_now(), but=current_session())
    db.session.commit()
    log.info("account.signed_out_everywhere", user=signed_in_user().id)
    flash("You are signed out everywhere else, and every token of the API is void.", "success")
    return _to_account()


def _account_page(form: PasswordForm, status: int) -> Response:
    return make_response(_account_words(form), status)


def _account_words(form: PasswordForm) -> str:
    user, after = signed_in_user(), row_id_or_none(request.args.get("cursor"))
    page = live_sessions(user.id, utc_now(), limit=PAGE_SIZE, after=after)
    return render_template(
        "account/show_account.html",
        form=form,
        person=user,
        page=page,
        is_first_page=after is None,
        here=current_session(),
    )


def _to_account() -> Response:
    return redirect(url_for("account.show_account"), code=303)
