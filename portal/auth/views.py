"""Signing in and out, for pages."""

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import undefer
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.accounts import authenticate
from portal.auth.forms import SignInForm
from portal.extensions import db, login_manager
from portal.gate import is_own_path
from portal.models import Role, User
from portal.rate_limits import count_failed_sign_in, refuse_guessing

auth = Blueprint("auth", __name__, url_prefix="/auth")

NOT_RIGHT = "The e-mail address or the password is not right."


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    """The account of a session, unless it was disabled since: that ends the session at once.

    The bell's count comes with it, so that no page asks for that by itself.
    """
    with_bell = [undefer(User.unread_notices)]
    user = db.session.get(User, int(user_id), options=with_bell) if user_id.isdecimal() else None
    return user if user and user.is_enabled else None


@auth.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    if current_user.is_authenticated:
        return redirect(_where_to(current_user))
    form = SignInForm()
    status = 200
    if form.validate_on_submit():
        try:
            refuse_guessing(form.email.data)
        except TooManyRequests as error:
            form.password.errors = [error.description]
            return make_response(render_template("auth/sign_in.html", form=form), 429)
        user = authenticate(form.email.data, form.password.data)
        if user is not None:
            session.clear()
            login_user(user, remember=False)
            session.permanent = True
            return redirect(_where_to(user))
        count_failed_sign_in(form.email.data)
        form.password.errors = [NOT_RIGHT]
    if form.is_submitted():
        status = 422
    return make_response(render_template("auth/sign_in.html", form=form), status)


@auth.post("/sign-out")
def sign_out() -> Response:
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"))


def _where_to(user: User) -> str:
    target = request.args.get("next")
    if target and is_own_path(target):
        return target
    return url_for("coach.list_programmes" if user.role is Role.COACH else "catalogue.show_catalogue")
