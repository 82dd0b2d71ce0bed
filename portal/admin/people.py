"""A person's page: role, programmes, sessions, and whether the account may be used at all."""

from http import HTTPStatus

import structlog
from flask import abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.admin.people_forms import HandOverForm, RoleForm
from portal.admin.views import admin
from portal.admin.words import role_words
from portal.clock import utc_now
from portal.extensions import db
from portal.lifecycle.ownership import count_programmes_of, hand_over_programmes
from portal.models import Role, User
from portal.models.paging import is_row_id
from portal.models.session import count_live_sessions
from portal.people.sessions import current_session
from portal.people.standing import (
    HeldPerson,
    StandingError,
    activate,
    change_role,
    deactivate,
    end_everything,
    hold_person,
)

log = structlog.get_logger()


@admin.get("/people/<int:user_id>")
def show_person(user_id: int) -> Response:
    person = db.session.get(User, user_id) if is_row_id(user_id) else None
    if person is None:
        abort(404)
    return _person_page(person)


@admin.post("/people/<int:user_id>/role")
def choose_role(user_id: int) -> Response:
    held, form = _held(user_id), RoleForm()
    if not form.validate():
        return _person_page(held.person, role_form=form)
    role = Role(form.role.data)
    try:
        change_role(held, role, at=utc_now())
    except StandingError as error:
        form.role.errors = [str(error)]
        return _person_page(held.person, role_form=form, status=HTTPStatus.CONFLICT)
    db.session.commit()
    log.info("person.role_changed", user=user_id, role=role.value, by=signed_in_user().id)
    flash(f"{held.person.name} is now: {role_words(role)}.", "success")
    return _to_person(user_id) if signed_in_user().is_admin else redirect(url_for("account.show_account"), code=303)


@admin.post("/people/<int:user_id>/deactivation")
def deactivate_person(user_id: int) -> Response:
    held, by, at = _held(user_id), signed_in_user(), utc_now()
    form = HandOverForm(held.person, is_needed=False)
    if not form.validate():
        return _person_page(held.person, leaving_form=form)
    try:
        deactivate(held, by, at=at)
    except StandingError as error:
        flash(str(error), "error")
        return _person_page(held.person, status=HTTPStatus.CONFLICT)
    count = hand_over_programmes(held.person, form.taker, by=by, at=at) if form.taker else 0
    db.session.commit()
    log.info("person.deactivated", user=user_id, by=by.id, handed_over=count)
    handed = f" {_programmes(count)} handed over to {form.taker.name}." if form.taker else ""
    flash(f"{held.person.name} is out: every session has ended, every token is void.{handed}", "success")
    return _to_person(user_id)


@admin.post("/people/<int:user_id>/activation")
def activate_person(user_id: int) -> Response:
    held = _held(user_id)
    activate(held)
    db.session.commit()
    log.info("person.activated", user=user_id, by=signed_in_user().id)
    flash(f"{held.person.name} can sign in again.", "success")
    return _to_person(user_id)


@admin.post("/people/<int:user_id>/sign-out")
def sign_person_out(user_id: int) -> Response:
    """Everywhere, but for the administrator's own session where it is their own page."""
    held = _held(user_id)
    end_everything(held.person, at=utc_now(), but=current_session())
    db.session.commit()
    log.info("person.signed_out", user=user_id, by=signed_in_user().id)
    flash(f"{held.person.name} is signed out everywhere, and every token is void.", "success")
    return _to_person(user_id)


@admin.post("/people/<int:user_id>/handover")
def hand_programmes_over(user_id: int) -> Response:
    held, by = _held(user_id), signed_in_user()
    form = HandOverForm(held.person, is_needed=True)
    if not form.validate() or form.taker is None:
        return _person_page(held.person, hand_over_form=form)
    count = hand_over_programmes(held.person, form.taker, by=by, at=utc_now())
    db.session.commit()
    log.info("person.programmes_handed_over", user=user_id, to=form.taker.id, by=by.id, count=count)
    flash(f"{_programmes(count)} handed over to {form.taker.name}.", "success")
    return _to_person(user_id)


def _held(user_id: int) -> HeldPerson:
    held = hold_person(user_id, signed_in_user())
    if held is None:
        abort(404)
    return held


def _person_page(
    person: User,
    *,
    role_form: RoleForm | None = None,
    hand_over_form: HandOverForm | None = None,
    leaving_form: HandOverForm | None = None,
    status: int | None = None,
) -> Response:
    is_refused = any((role_form, hand_over_form, leaving_form))
    words = render_template(
        "admin/show_person.html",
        person=person,
        is_self=person.id == signed_in_user().id,
        programmes=count_programmes_of(person.id),
        sessions=count_live_sessions(person.id, utc_now()),
        role_form=role_form or RoleForm(formdata=None, data={"role": person.role.value}),
        hand_over_form=hand_over_form or HandOverForm(person, is_needed=True),
        leaving_form=leaving_form or HandOverForm(person, is_needed=False),
    )
    return make_response(words, status or (HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK))


def _programmes(count: int) -> str:
    return f"{count} {'programme was' if count == 1 else 'programmes were'}"


def _to_person(user_id: int) -> Response:
    return redirect(url_for("admin.show_person", user_id=user_id), code=303)
