"""A person's own notices: the list, opening one, and whether they come by mail, too."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.access import programme_to_see, signed_in_user
from portal.bell.forms import MailForm
from portal.clock import utc_now
from portal.database.transactions import expecting_writes
from portal.extensions import db
from portal.models import Notice
from portal.models.notice import find_notice, mark_read, newest_notices
from portal.models.paging import row_id_or_none
from portal.notices.words import words_of

notices = Blueprint("notices", __name__, url_prefix="/notices")
notices.add_app_template_filter(words_of, "notice_words")

PAGE_SIZE = 24


@notices.get("")
def list_notices() -> str:
    user, after = signed_in_user(), row_id_or_none(request.args.get("cursor"))
    page = newest_notices(user.id, limit=PAGE_SIZE, after=after)
    return render_template("notices/list_notices.html", page=page, is_first_page=after is None, form=MailForm.of(user))


@notices.get("/<int:notice_id>")
def open_notice(notice_id: int) -> Response:
    """Mark a notice as read, and lead to its next step."""
    user = signed_in_user()
    notice = find_notice(user.id, notice_id)
    if notice is None:
        abort(404)
    if notice.read_at is None:
        db.session.commit()  # this one only reads
        with expecting_writes():
            mark_read(user.id, utc_now(), notice_id=notice.id)
            db.session.commit()
    return redirect(_next_step(notice) or url_for("notices.list_notices"), code=303)


@notices.post("/read")
def mark_all_read() -> Response:
    mark_read(signed_in_user().id, utc_now())
    db.session.commit()
    flash("All are marked as read.", "success")
    return redirect(url_for("notices.list_notices"), code=303)


@notices.post("/mail")
def choose_mail() -> Response:
    user = signed_in_user()
    user.wants_mail = bool(MailForm.of(user).wants_mail.data)
    db.session.commit()
    flash("Saved.", "success")
    return redirect(url_for("notices.list_notices"), code=303)


def _next_step(notice: Notice) -> str | None:
    """Where the notice leads; None where its programme has been deleted since."""
    link = words_of(notice).link
    if link is not None and notice.product_id is not None:
        try:
            programme_to_see(signed_in_user(), notice.product_id)
        except NotFound:
            flash(f"“{notice.title}” is not there any more.", "error")
            return None
    return link.path if link else None
