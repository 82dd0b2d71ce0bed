"""Accepting an administrator's invitation."""

from http import HTTPStatus

import structlog
from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth.dead_links import dead_link_page, take_link
from portal.auth.forms import AcceptanceForm
from portal.auth.views import auth, sign_in_here
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.models import Invitation, Role
from portal.people.accounts import EmailTakenError
from portal.people.registration import accept_invitation, find_invitation

log = structlog.get_logger()


@auth.get("/invitation/<token>")
def show_invitation(token: str) -> Response:
    """Ask only: programs that look into mails follow links, too."""
    invitation = _invitation(token, is_locked=False)
    if invitation is None:
        return dead_link_page("invitation")
    return _invitation_page(AcceptanceForm(invitation), invitation, token, HTTPStatus.OK)


@auth.post("/invitation/<token>")
def accept(token: str) -> Response:
    """Make the account and sign in: the link was sent to the address, or handed over by an administrator."""
    take_link(token)
    invitation = _invitation(token, is_locked=True)
    if invitation is None:
        return dead_link_page("invitation")
    form = AcceptanceForm(invitation)
    if not form.validate():
        return _invitation_page(form, invitation, token, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        user = accept_invitation(invitation, name=form.name.data, password=form.password.data, at=utc_now())
        db.session.flush()
    except EmailTakenError:
        db.session.rollback()
        return dead_link_page("invitation")
    sign_in_here(user)
    log.info("account.invitation_accepted", user=user.id, role=user.role.value)
    flash(f"Welcome, {user.name}.", "success")
    place = "coach.list_programmes" if user.role is Role.COACH else "catalogue.show_catalogue"
    return redirect(url_for(place), code=303)


def _invitation(token: str, *, is_locked: bool) -> Invitation | None:
    """Nobody comes in by an old invitation where the operator has closed the door since."""
    is_closed = current_settings().registration == "closed"
    return None if is_closed else find_invitation(token, utc_now(), is_locked=is_locked)


def _invitation_page(form: AcceptanceForm, invitation: Invitation, token: str, status: int) -> Response:
    page = render_template("auth/accept_invitation.html", form=form, invitation=invitation, token=token)
    return make_response(page, status)
