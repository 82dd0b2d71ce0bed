"""Inviting people, with a role; and where nothing is mailed, links that an administrator hands on."""

from http import HTTPStatus

import structlog
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.admin.invitation_forms import InvitationForm
from portal.admin.views import PAGE_SIZE, admin
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.models import Invitation, Role
from portal.models.invitation import find_invitation, newest_invitations
from portal.models.paging import is_row_id, row_id_or_none
from portal.nudge import WorkName, nudge
from portal.people.accounts import EmailTakenError
from portal.people.password_reset import can_reset, find_user, reset_link
from portal.people.registration import InvitedAlreadyError, hold_address, invite, invite_again
from portal.rate_limits import INVITATIONS, refusal

log = structlog.get_logger()


@admin.get("/invitations")
def list_invitations() -> Response:
    return make_response(_list_words(InvitationForm(formdata=None)))


@admin.post("/invitations")
def invite_somebody() -> Response:
    form, by = InvitationForm(), signed_in_user()
    if current_settings().registration == "closed":
        return make_response(_list_words(form), HTTPStatus.CONFLICT)
    if not form.validate():
        return make_response(_list_words(form), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        INVITATIONS.take(str(by.id))
        invitation, link = invite(email=form.email.data, role=Role(form.role.data), by=by, at=utc_now())
    except TooManyRequests as error:
        form.email.errors = [error.description]
        return refusal(error, _list_words(form))
    except (EmailTakenError, InvitedAlreadyError) as error:
        form.email.errors = [str(error)]
        return make_response(_list_words(form), HTTPStatus.CONFLICT)
    db.session.commit()
    log.info("person.invited", invitation=invitation.id, role=invitation.role.value, by=by.id)
    return _sent(invitation, link)


@admin.post("/invitations/<int:invitation_id>/mails")
def invite_once_more(invitation_id: int) -> Response:
    if current_settings().registration == "closed":
        abort(HTTPStatus.CONFLICT)
    INVITATIONS.take(str(signed_in_user().id))
    invitation, by = _held(invitation_id), signed_in_user()
    link = invite_again(invitation, by, utc_now())
    db.session.commit()
    log.info("person.invited_again", invitation=invitation_id, by=by.id)
    return _sent(invitation, link)


@admin.post("/invitations/<int:invitation_id>/withdrawal")
def withdraw_invitation(invitation_id: int) -> Response:
    invitation = _held(invitation_id)
    db.session.delete(invitation)
    db.session.commit()
    log.info("person.invitation_withdrawn", invitation=invitation_id, by=signed_in_user().id)
    flash(f"{invitation.email} can’t use the invitation any more.", "success")
    return redirect(url_for("admin.list_invitations"), code=303)


@admin.post("/people/<int:user_id>/reset-links")
def make_reset_link(user_id: int) -> Response:
    """Only where nothing is mailed: elsewhere the link goes to its reader and nobody else."""
    person = find_user(user_id, is_locked=False) if is_row_id(user_id) else None
    if person is None or current_settings().mail is not None:
        abort(404)
    if not can_reset(person):
        abort(HTTPStatus.CONFLICT)
    log.info("person.reset_link_made", user=user_id, by=signed_in_user().id)
    return make_response(
        render_template("admin/show_reset_link.html", person=person, link=reset_link(person, utc_now()))
    )


def _held(invitation_id: int) -> Invitation:
    """The invitation, which nobody else accepts or changes until the transaction ends, or 404."""
    invitation = find_invitation(invitation_id) if is_row_id(invitation_id) else None
    if invitation is not None:
        hold_address(invitation.email)
        invitation = find_invitation(invitation_id)
    if invitation is None:
        abort(404)
    return invitation


def _sent(invitation: Invitation, link: str) -> Response:
    """Where nothing is mailed, the link is shown this once."""
    if current_settings().mail is None:
        return make_response(_list_words(InvitationForm(formdata=None), invited=invitation, link=link))
    nudge(WorkName.SEND_MAILS)
    flash(f"An invitation goes to {invitation.email}. Its link is good for a week.", "success")
    return redirect(url_for("admin.list_invitations"), code=303)


def _list_words(form: InvitationForm, *, invited: Invitation | None = None, link: str = "") -> str:
    after, settings = row_id_or_none(request.args.get("cursor")), current_settings()
    return render_template(
        "admin/list_invitations.html",
        form=form,
        page=newest_invitations(limit=PAGE_SIZE, after=after),
        is_first_page=after is None,
        at=utc_now(),
        is_closed=settings.registration == "closed",
        can_mail=settings.mail is not None,
        invited=invited,
        link=link,
    )
