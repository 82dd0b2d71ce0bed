"""Signing in and out, for pages."""

import structlog
from flask import Blueprint, g, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.auth.forms import SignInForm
from portal.clock import utc_now
from portal.database.transactions import expecting_writes
from portal.extensions import db, login_manager
from portal.gate import is_own_path
from portal.headers import have_pages_forgotten
from portal.kept_pages import person_looking
from portal.models import Role, User
from portal.people.accounts import authenticate
from portal.people.device import device_words, network_of
from portal.people.sessions import (
    SignedIn,
    begin_session,
    current_session,
    end_session,
    find_session,
    is_visit_to_note,
    note_visit,
)
from portal.rate_limits import count_failed_sign_in, refusal, refuse_guessing

auth = Blueprint("auth", __name__, url_prefix="/auth")

SESSION_TOKEN = "session_token"  # noqa: S105 - where in the cookie it stands
NOT_RIGHT = "The e-mail address or the password is not right."

# Pages that only look: whoever is signed in is read for them by column, not as a row that could be changed.
ONLY_LOOKING = frozenset({"catalogue.show_catalogue", "catalogue.watch", "coach.list_programmes"})

log = structlog.get_logger()


@login_manager.user_loader
def load_user(user_id: str) -> User | SignedIn | None:
    """The account of the session that the cookie names, unless either has ended. One query."""
    token, at = session.get(SESSION_TOKEN), utc_now()
    if not isinstance(token, str):
        return None
    if request.endpoint in ONLY_LOOKING and request.method == "GET":
        person = person_looking(token, at, (request.view_args or {}).get("product_id"))
        if person is not None and str(person.id) == user_id:
            g.user_session = person.session
            return person
    found = find_session(token, at)
    if found is None or str(found[0].id) != user_id:
        return None
    user, g.user_session = found
    return user


@auth.after_app_request
def note_last_visit(answer: Response) -> Response:
    """Keep when a session was last used: seldom, and apart from the request, which may have promised only to read."""
    seen, at = g.get("user_session"), utc_now()
    if seen is None or not is_visit_to_note(seen, at):
        return answer
    session_id = seen.id
    db.session.remove()
    try:
        with expecting_writes():
            note_visit(session_id, at)
            db.session.commit()
        session.modified = True  # the browser keeps its cookie as long again
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("session.visit_not_noted", reason=str(error))
    return answer


@auth.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    if current_user.is_authenticated:
        return redirect(where_to(current_user))
    form = SignInForm()
    status = 200
    if form.validate_on_submit():
        try:
            refuse_guessing(form.email.data)
        except TooManyRequests as error:
            form.password.errors = [error.description]
            return refusal(error, render_template("auth/sign_in.html", form=form))
        user = authenticate(form.email.data, form.password.data)
        if user is not None:
            sign_in_here(user)
            return redirect(where_to(user))
        count_failed_sign_in(form.email.data)
        form.password.errors = [NOT_RIGHT]
    if form.is_submitted():
        status = 422
    return make_response(render_template("auth/sign_in.html", form=form), status)


@auth.post("/sign-out")
def sign_out() -> Response:
    if current_user.is_authenticated:
        end_session(signed_in_user(), current_session().id, at=utc_now())
        db.session.commit()
    logout_user()
    session.clear()
    answer = redirect(url_for("auth.sign_in"))
    have_pages_forgotten(answer)
    return answer


def sign_in_here(user: User) -> None:
    """A new session under a new secret, committed, whatever the cookie held before."""
    device, address = device_words(request.user_agent.string), network_of(request.remote_addr)
    token = begin_session(user, device=device, address=address, at=utc_now())
    db.session.commit()
    session.clear()
    session[SESSION_TOKEN] = token
    session.permanent = True
    login_user(user, remember=False)


def where_to(user: User) -> str:
    """The page that was asked for before the sign-in, or where somebody of this role begins."""
    target = request.args.get("next")
    if target and is_own_path(target):
        return target
    return url_for("coach.list_programmes" if user.role is Role.COACH else "catalogue.show_catalogue")
