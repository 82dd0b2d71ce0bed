"""A coach's pages: the list, a new programme, and the page of one programme."""

import uuid

import structlog
from flask import Blueprint, Response, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.access import person_here, programme_in_studio, programme_to_edit, programme_to_restore, signed_in_user
from portal.clock import utc_now
from portal.coach.forms import DeletionForm, NewProgrammeForm, ProgrammeForm
from portal.coach.page import Stand, live_context, stand_of, stand_to_show
from portal.coach.words import kind_words, who_words
from portal.editing import apply_changes
from portal.extensions import db
from portal.headers import allow_video
from portal.kept_pages import part_of_page
from portal.lifecycle.attempts import begin_programme, cancel_attempt, refuse_unless_failed
from portal.lifecycle.deletion import KEPT_AFTER_DELETION, delete_programme, restore_programme
from portal.lifecycle.publication import choose_publication, set_published
from portal.lifecycle.replacement import Replacement, dismiss_failed_replacement, refuse_unless_replaceable
from portal.models import Programme, User
from portal.models.catalogue import deleted_programmes, own_programmes, position_or_none
from portal.models.history import newest_happenings
from portal.models.paging import row_id_or_none
from portal.models.programme import checked_title
from portal.models.standing import Person
from portal.mux.gateway import MuxError, current_mux
from portal.nudge import WorkName, nudge
from portal.uploading import open_another_upload, open_upload, upload_to_use

coach = Blueprint("coach", __name__, url_prefix="/coach")
coach.add_app_template_filter(kind_words)
coach.add_app_template_filter(who_words)

PAGE_SIZE = 24
HISTORY_PAGE_SIZE = 50
DELETED_SHOWN = 100

log = structlog.get_logger()


@coach.before_request
def require_a_maker_of_programmes() -> None:
    """For viewers there is nothing under /coach/."""
    if current_user.is_authenticated and not person_here().makes_programmes:
        abort(404)


@coach.get("/")
def list_programmes() -> str:
    person, after = person_here(), position_or_none(request.args.get("cursor"))

    def programmes() -> str:
        page = own_programmes(person.id, limit=PAGE_SIZE, after=after)
        has_deleted = bool(deleted_programmes(_whose_deleted(person), 1))
        return render_template(
            "coach/_programmes.html", page=page, is_first_page=after is None, has_deleted=has_deleted
        )

    part = part_of_page(("studio", person.id, after), programmes, utc_now())
    return render_template("coach/list_programmes.html", programmes=part)


@coach.route("/programmes/new", methods=["GET", "POST"])
def create_programme() -> AnyResponse:
    form = NewProgrammeForm()
    if not form.validate_on_submit():
        page = render_template("coach/create_programme.html", form=form)
        return make_response(page, 422 if form.is_submitted() else 200)
    programme, upload = begin_programme(signed_in_user(), title=checked_title(form.title.data), at=utc_now())
    try:
        open_upload(programme, upload, current_mux(), is_handed_out=False)
    except MuxError as error:
        _tell_that_mux_failed(programme.product_id, error, "Your draft is kept, but")
    return _to_programme(programme.product_id)


@coach.route("/programmes/<uuid:product_id>", methods=["GET", "POST"])
def edit_programme(product_id: uuid.UUID) -> AnyResponse:
    user = signed_in_user()
    if request.method != "POST":
        stand = stand_to_show(user, product_id, asks_when_due_only=False)
        return make_response(_programme_page(stand, ProgrammeForm.of(stand.programme)))
    programme = programme_to_edit(user, product_id)
    form = ProgrammeForm.of(programme)
    if not form.validate_on_submit():
        return make_response(_programme_page(stand_of(programme), form), 422)
    apply_changes(programme, form.changes, user, at=utc_now())
    db.session.commit()
    flash("Saved.", "success")
    return _to_programme(product_id)


@coach.get("/programmes/<uuid:product_id>/status")
def show_status(product_id: uuid.UUID) -> AnyResponse:
    """The parts of the page that change by themselves; 204 while they show what is true (`?known=<Stand.known>`)."""
    stand = stand_to_show(signed_in_user(), product_id, asks_when_due_only=True)
    if request.args.get("known") == stand.known:
        return make_response("", 204)
    return make_response(render_template("coach/_live.html", **live_context(stand, signed_in_user())))


@coach.get("/programmes/<uuid:product_id>/history")
def show_history(product_id: uuid.UUID) -> str:
    programme = programme_in_studio(signed_in_user(), product_id)
    after = row_id_or_none(request.args.get("cursor"))
    page = newest_happenings(product_id, limit=HISTORY_PAGE_SIZE, after=after)
    return render_template("coach/show_history.html", programme=programme, page=page, is_first_page=after is None)


@coach.post("/programmes/<uuid:product_id>/upload-url")
def give_upload_url(product_id: uuid.UUID) -> Response:
    """Where the uploader sends the file that was just chosen."""
    programme = programme_to_edit(signed_in_user(), product_id)
    upload = upload_to_use(programme, signed_in_user(), current_mux())
    return jsonify(url=upload.url)


@coach.post("/programmes/<uuid:product_id>/attempts")
def try_again(product_id: uuid.UUID) -> AnyResponse:
    programme = programme_to_edit(signed_in_user(), product_id)
    refuse_unless_failed(programme)
    return _begin_another_upload(programme)


@coach.post("/programmes/<uuid:product_id>/replacement")
def replace_video(product_id: uuid.UUID) -> AnyResponse:
    programme = programme_to_edit(signed_in_user(), product_id)
    refuse_unless_replaceable(programme)
    return _begin_another_upload(programme)


@coach.post("/programmes/<uuid:product_id>/cancellation")
def cancel_upload(product_id: uuid.UUID) -> AnyResponse:
    """Give up what is on its way, or a new video that failed: the old one is kept."""
    programme, user, at = programme_to_edit(signed_in_user(), product_id), signed_in_user(), utc_now()
    if stand_of(programme).replacement is Replacement.FAILED:
        dismiss_failed_replacement(programme, user, at=at)
    else:
        cancel_attempt(programme, user, at=at)
    db.session.commit()
    nudge(WorkName.PAY_DISCARDS)
    if programme.is_playable:
        flash("The old video stays.", "success")
    return _to_programme(product_id)


@coach.post("/programmes/<uuid:product_id>/publication")
def change_publication(product_id: uuid.UUID) -> AnyResponse:
    programme = programme_to_edit(signed_in_user(), product_id)
    wanted, at = request.form.get("wanted") == "yes", utc_now()
    if programme.is_playable:
        set_published(programme, wanted=wanted, by=signed_in_user(), at=at)
        flash("Published." if wanted else "Withdrawn from the catalogue.", "success")
    else:
        choose_publication(programme, when_ready=wanted, by=signed_in_user(), at=at)
        flash("It will be published once it is ready." if wanted else "It will stay a draft.", "success")
    db.session.commit()
    return _to_programme(product_id)


@coach.route("/programmes/<uuid:product_id>/deletion", methods=["GET", "POST"])
def remove_programme(product_id: uuid.UUID) -> AnyResponse:
    fetch = programme_to_edit if request.method == "POST" else programme_in_studio
    programme = fetch(signed_in_user(), product_id)
    form = DeletionForm(programme)
    if not form.validate_on_submit():
        page = render_template("coach/remove_programme.html", form=form, programme=programme)
        return make_response(page, 422 if form.is_submitted() else 200)
    delete_programme(programme, signed_in_user(), at=utc_now())
    db.session.commit()
    nudge(WorkName.PAY_DISCARDS)
    flash(f"“{programme.title}” is deleted. For 7 days you can bring it back under “Recently deleted”.", "success")
    return redirect(url_for("coach.list_programmes"), code=303)


@coach.get("/deleted")
def list_deleted() -> str:
    """One's own, and for admins everybody's."""
    programmes = deleted_programmes(_whose_deleted(signed_in_user()), DELETED_SHOWN)
    return render_template(
        "coach/list_deleted.html", programmes=programmes, kept_for=KEPT_AFTER_DELETION, most_shown=DELETED_SHOWN
    )


@coach.post("/programmes/<uuid:product_id>/restoration")
def bring_back_programme(product_id: uuid.UUID) -> AnyResponse:
    programme = programme_to_restore(signed_in_user(), product_id)
    restore_programme(programme, signed_in_user(), at=utc_now())
    db.session.commit()
    flash("It is back, as it was.", "success")
    return _to_programme(product_id)


def _whose_deleted(person: User | Person) -> int | None:
    return None if person.is_admin else person.id


def _begin_another_upload(programme: Programme) -> AnyResponse:
    product_id = programme.product_id
    try:
        open_another_upload(programme, signed_in_user(), current_mux(), is_handed_out=False)
    except MuxError as error:
        _tell_that_mux_failed(product_id, error, "Nothing has changed, as")
    return _to_programme(product_id)


def _to_programme(product_id: uuid.UUID) -> AnyResponse:
    return redirect(url_for("coach.edit_programme", product_id=product_id), code=303)


def _programme_page(stand: Stand, form: ProgrammeForm) -> str:
    allow_video()
    return render_template("coach/edit_programme.html", form=form, **live_context(stand, signed_in_user()))


def _tell_that_mux_failed(product_id: uuid.UUID, error: MuxError, what_is_kept: str) -> None:
    log.warning("mux.failed", trouble=error.trouble, reason=error.message, product_id=str(product_id))
    flash(f"{what_is_kept} our video service could not take an upload: {error.message}. Try again.", "error")
