"""The admin's pages: an overview, all programmes, all people."""

from flask import Blueprint, abort, make_response, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.admin.forms import ListForm, PeopleFilterForm, ProgrammeFilterForm
from portal.admin.words import ROLE_WORDS, role_words
from portal.models.catalogue import all_programmes, count_programmes, position_or_none
from portal.models.mail import count_unsent_mails
from portal.models.paging import row_id_or_none
from portal.models.user import count_people, newest_people
from portal.models.webhook_event import troubling_events
from portal.template_context import STATUS_WORDS

admin = Blueprint("admin", __name__, url_prefix="/admin")
admin.add_app_template_filter(role_words)

PAGE_SIZE = 24
TROUBLING_SHOWN = 5


@admin.before_request
def require_an_admin() -> None:
    """For everybody else there is nothing under /admin/."""
    if current_user.is_authenticated and not signed_in_user().is_admin:
        abort(404)


@admin.get("/")
def show_overview() -> str:
    return render_template(
        "admin/show_overview.html",
        programmes=count_programmes(),
        people=count_people(),
        statuses=STATUS_WORDS,
        roles=ROLE_WORDS,
        troubling=troubling_events(TROUBLING_SHOWN),
        mails_waiting=count_unsent_mails(),
    )


@admin.get("/programmes")
def list_programmes() -> Response:
    form, after = ProgrammeFilterForm(request.args), position_or_none(request.args.get("cursor"))
    page = all_programmes(**form.wanted(), limit=PAGE_SIZE, after=after) if form.validate() else None
    return list_page("admin/list_programmes.html", form, page, is_first_page=after is None)


@admin.get("/people")
def list_people() -> Response:
    form, after = PeopleFilterForm(request.args), row_id_or_none(request.args.get("cursor"))
    page = newest_people(**form.wanted(), limit=PAGE_SIZE, after=after) if form.validate() else None
    return list_page("admin/list_people.html", form, page, is_first_page=after is None)


def list_page(template: str, form: ListForm, page: object, *, is_first_page: bool) -> Response:
    """A list, or what is wrong with what it should be narrowed by."""
    words = render_template(template, form=form, page=page, is_first_page=is_first_page)
    return make_response(words, 422 if page is None else 200)
