"""The outbox of mails: what was sent to whom, what waits, and why."""

from flask import abort, render_template, request

from portal.admin.views import PAGE_SIZE, admin
from portal.config import current_settings
from portal.models.mail import find_mail, newest_mails
from portal.models.paging import row_id_or_none


@admin.get("/mails")
def list_mails() -> str:
    after = row_id_or_none(request.args.get("cursor"))
    page = newest_mails(limit=PAGE_SIZE, after=after)
    way = current_settings().mail
    return render_template("admin/list_mails.html", page=page, is_first_page=after is None, way=way)


@admin.get("/mails/<int:mail_id>")
def show_mail(mail_id: int) -> str:
    """A mail; its text only where mails go into a folder, as others may hold links that sign their reader in."""
    mail, way = find_mail(mail_id), current_settings().mail
    if mail is None:
        abort(404)
    is_readable = way is not None and way.folder is not None
    return render_template("admin/show_mail.html", mail=mail, way=way, is_readable=is_readable)
