"""Many memberships at once: a list is checked as a first step, which changes nothing, and applied as a second."""

from http import HTTPStatus
from typing import Any

import structlog
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.admin.membership_forms import MembershipListForm
from portal.admin.views import admin
from portal.clock import utc_now
from portal.extensions import db
from portal.models import MembershipList
from portal.models.membership_list import select_list, select_list_for_update
from portal.models.paging import is_row_id
from portal.people.membership_lists import LIST_MAX_BYTES, Plan, apply_list, plan_list

CHANGES_SHOWN = 200
FORM_MAX_BYTES = 3 * LIST_MAX_BYTES  # a file that is a little too long still gets its answer beside the field

log = structlog.get_logger()


@admin.url_value_preprocessor
def allow_a_list(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Set the limits of the one form that takes long texts, before the CSRF check reads it."""
    if endpoint == "admin.check_list":
        request.max_content_length = request.max_form_memory_size = FORM_MAX_BYTES


@admin.get("/memberships")
def show_memberships() -> str:
    return render_template("admin/check_memberships.html", form=MembershipListForm(), plan=None)


@admin.post("/memberships")
def check_list() -> Response:
    """Look at every line. A list without errors is kept, to be applied from the page that this leads to."""
    form, at = MembershipListForm(), utc_now()
    plan = plan_list(form.content, at) if form.validate() else None
    if plan is None or plan.errors:
        form.text.data = form.text.data or form.content
        words = render_template("admin/check_memberships.html", form=form, plan=plan)
        return make_response(words, HTTPStatus.UNPROCESSABLE_ENTITY)
    kept = MembershipList(content=form.content, by_id=signed_in_user().id, created_at=at)
    db.session.add(kept)
    db.session.commit()
    return redirect(url_for("admin.show_list", list_id=kept.id), code=303)


@admin.get("/memberships/<int:list_id>")
def show_list(list_id: int) -> str:
    """What the list would bring about at this moment."""
    kept = db.session.scalar(select_list(list_id, utc_now())) if is_row_id(list_id) else None
    if kept is None:
        abort(404)
    return _plan_page(kept, plan_list(kept.content, utc_now()))


@admin.post("/memberships/<int:list_id>/applications")
def apply_kept_list(list_id: int) -> Response:
    """All of it, in one transaction; or nothing, if by now there is an error in it."""
    at, by = utc_now(), signed_in_user()
    kept = db.session.scalar(select_list_for_update(list_id, at)) if is_row_id(list_id) else None
    if kept is None:
        flash("Nothing was changed: this list was applied already, or checked over a day ago.", "error")
        return redirect(url_for("admin.show_memberships"), code=303)
    plan = apply_list(kept.content, by, at=at)
    if plan.errors:
        return make_response(_plan_page(kept, plan), HTTPStatus.CONFLICT)
    db.session.delete(kept)
    db.session.commit()
    changed = len(plan.effective)
    log.info("membership.list_applied", list=list_id, by=by.id, changed=changed, unchanged=plan.unchanged_count)
    flash(f"Applied: {changed:,} changed, {plan.unchanged_count:,} were so already.", "success")
    return redirect(url_for("admin.show_memberships"), code=303)


def _plan_page(kept: MembershipList, plan: Plan) -> str:
    return render_template("admin/show_membership_list.html", kept=kept, plan=plan, shown=CHANGES_SHOWN)
