"""A person's membership: premium until a day, single programmes, and every change with its reason."""

import uuid
from http import HTTPStatus

import structlog
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.admin.membership_forms import GrantForm, MembershipForm, RevocationForm
from portal.admin.views import PAGE_SIZE, admin
from portal.admin.words import source_words, term_words
from portal.clock import utc_now
from portal.extensions import db
from portal.models import ChangeSource, User
from portal.models.membership import NOT_HELD, Term, find_grant, newest_changes, newest_grants
from portal.models.paging import is_row_id, row_id_or_none
from portal.people.memberships import Holdings, Wish, checked_reason, fulfil, hold_holdings

GRANTS_SHOWN = 100

admin.add_app_template_filter(source_words)
admin.add_app_template_filter(term_words)

log = structlog.get_logger()


@admin.get("/people/<int:user_id>/membership")
def show_membership(user_id: int) -> Response:
    person = db.session.get(User, user_id) if is_row_id(user_id) else None
    if person is None:
        abort(404)
    return _membership_page(person)


@admin.post("/people/<int:user_id>/membership")
def set_membership(user_id: int) -> Response:
    """Until the end of a day; or, by the other button, at an end now."""
    person, held = _held(user_id)
    form = MembershipForm(utc_now(), ends="end" in request.form)
    if not form.validate():
        return _membership_page(person, form=form)
    term = Term(is_held=True, until=form.ends_at) if form.ends_at else NOT_HELD
    wish = Wish(product_id=None, term=term, reason=checked_reason(form.reason.data))
    given = f"{person.name} is a premium member until the end of {form.until.data}."
    _fulfil(wish, person, held, given if form.ends_at else f"{person.name} is no premium member now.")
    return _to_membership(user_id)


@admin.post("/people/<int:user_id>/grants")
def grant_programme(user_id: int) -> Response:
    person, held = _held(user_id)
    form = GrantForm(utc_now())
    if not form.validate() or form.chosen is None:
        return _membership_page(person, grant_form=form)
    term = Term(is_held=True, until=form.ends_at)
    wish = Wish(product_id=form.chosen, term=term, reason=checked_reason(form.reason.data))
    _fulfil(wish, person, held, f"{person.name} may watch “{form.title}”.")
    return _to_membership(user_id)


@admin.get("/people/<int:user_id>/grants/<uuid:product_id>/revocation")
def confirm_revocation(user_id: int, product_id: uuid.UUID) -> Response:
    person = db.session.get(User, user_id) if is_row_id(user_id) else None
    if person is None:
        abort(404)
    return _revocation_page(person, product_id, RevocationForm())


@admin.post("/people/<int:user_id>/grants/<uuid:product_id>/revocation")
def revoke_grant(user_id: int, product_id: uuid.UUID) -> Response:
    person, held = _held(user_id)
    form = RevocationForm()
    if not form.validate():
        return _revocation_page(person, product_id, form)
    wish = Wish(product_id=product_id, term=NOT_HELD, reason=checked_reason(form.reason.data))
    _fulfil(wish, person, held, f"{person.name} may not watch this programme by a grant any more.")
    return _to_membership(user_id)


def _held(user_id: int) -> tuple[User, Holdings]:
    """The account, locked, with what it has; or 404."""
    held = hold_holdings(User.id == user_id) if is_row_id(user_id) else None
    if held is None or not held.people:
        abort(404)
    return held.people[user_id], held


def _fulfil(wish: Wish, person: User, held: Holdings, done: str) -> None:
    by = signed_in_user()
    has_changed = fulfil(wish, person, held, by=by, source=ChangeSource.PAGE, at=utc_now())
    db.session.commit()
    if has_changed:
        log.info("membership.changed", user=person.id, product=wish.product_id, by=by.id, source="page")
    flash(done if has_changed else "Nothing was changed: it was so already.", "success")


def _membership_page(
    person: User, *, form: MembershipForm | None = None, grant_form: GrantForm | None = None
) -> Response:
    at, after = utc_now(), row_id_or_none(request.args.get("cursor"))
    until = f"{person.member_until:%Y-%m-%d}" if person.member_until else ""
    words = render_template(
        "admin/show_membership.html",
        person=person,
        at=at,
        form=form or MembershipForm(at, until=until),
        grant_form=grant_form or GrantForm(at),
        grants=newest_grants(person.id, limit=GRANTS_SHOWN),
        grants_shown=GRANTS_SHOWN,
        page=newest_changes(person.id, limit=PAGE_SIZE, after=after),
        is_first_page=after is None,
    )
    is_refused = form is not None or grant_form is not None
    return make_response(words, HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK)


def _revocation_page(person: User, product_id: uuid.UUID, form: RevocationForm) -> Response:
    listed = find_grant(person.id, product_id)
    if listed is None:
        abort(404)
    is_member = person.is_member(utc_now())
    words = render_template(
        "admin/confirm_revocation.html", person=person, listed=listed, form=form, is_member=is_member
    )
    return make_response(words, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)


def _to_membership(user_id: int) -> Response:
    return redirect(url_for("admin.show_membership", user_id=user_id), code=303)
