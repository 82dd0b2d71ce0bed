"""A coach's pages: the list, a new programme, and the page of one programme."""

import uuid
from typing import Any

import structlog
from flask import Blueprint, Response, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.access import playback_for, programme_in_studio, programme_to_edit, signed_in_user
from portal.clock import utc_now
from portal.coach.forms import NewProgrammeForm, ProgrammeForm
from portal.extensions import db
from portal.headers import allow_video
from portal.lifecycle.attempts import begin_attempt, begin_programme
from portal.lifecycle.moves import StateConflictError
from portal.lifecycle.publication import choose_publication, set_published
from portal.models import Programme, Status
from portal.models.catalogue import own_programmes, position_or_none
from portal.models.history import select_history
from portal.models.programme import checked_title
from portal.mux.gateway import MuxError, current_mux
from portal.mux.playback import current_playback_urls
from portal.uploading import open_upload, upload_to_use

coach = Blueprint("coach", __name__, url_prefix="/coach")

PAGE_SIZE = 24

log = structlog.get_logger()


@coach.before_request
def require_a_maker_of_programmes() -> None:
    """For viewers there is nothing under /coach/."""
    if current_user.is_authenticated and not signed_in_user().makes_programmes:
        abort(404)


@coach.get("/")
def list_programmes() -> str:
    after = position_or_none(request.args.get("cursor"))
    page = own_programmes(signed_in_user().id, limit=PAGE_SIZE, after=after)
    return render_template("coach/list_programmes.html", page=page, is_first_page=after is None)


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
        _tell_that_mux_failed(programme, error)
    return _to_programme(programme.product_id)


@coach.route("/programmes/<uuid:product_id>", methods=["GET", "POST"])
def edit_programme(product_id: uuid.UUID) -> AnyResponse:
    if request.method == "GET":
        programme = programme_in_studio(signed_in_user(), product_id)
        return make_response(_programme_page(programme, ProgrammeForm.of(programme)))
    programme = programme_to_edit(signed_in_user(), product_id)
    form = ProgrammeForm.of(programme)
    if not form.validate_on_submit():
        return make_response(_programme_page(programme, form), 422)
    form.apply_to(programme)
    programme.updated_at = utc_now()
    db.session.commit()
    flash("Saved.", "success")
    return _to_programme(product_id)


@coach.get("/programmes/<uuid:product_id>/status")
def show_status(product_id: uuid.UUID) -> AnyResponse:
    """The parts of the page that change by themselves; 204 while they show what is true (`?known=<status>`)."""
    programme = programme_in_studio(signed_in_user(), product_id)
    if request.args.get("known") == programme.status.value:
        return make_response("", 204)
    return make_response(render_template("coach/_live.html", **_live_context(programme)))


@coach.post("/programmes/<uuid:product_id>/upload-url")
def give_upload_url(product_id: uuid.UUID) -> Response:
    """Where the uploader sends the file that was just chosen."""
    programme = programme_to_edit(signed_in_user(), product_id)
    upload = upload_to_use(programme, signed_in_user(), current_mux())
    return jsonify(url=upload.url)


@coach.post("/programmes/<uuid:product_id>/attempts")
def try_again(product_id: uuid.UUID) -> AnyResponse:
    programme = programme_to_edit(signed_in_user(), product_id)
    if programme.status is not Status.ERRORED:
        raise StateConflictError("There is nothing to try again: this programme has not failed.")
    upload = begin_attempt(programme, signed_in_user(), at=utc_now())
    try:
        open_upload(programme, upload, current_mux(), is_handed_out=False)
    except MuxError as error:
        _tell_that_mux_failed(programme, error)
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


def _to_programme(product_id: uuid.UUID) -> AnyResponse:
    return redirect(url_for("coach.edit_programme", product_id=product_id), code=303)


def _programme_page(programme: Programme, form: ProgrammeForm) -> str:
    allow_video()
    return render_template("coach/edit_programme.html", form=form, **_live_context(programme))


def _live_context(programme: Programme) -> dict[str, Any]:
    history = db.session.scalars(select_history(programme.product_id)).all()
    preview = playback_for(signed_in_user(), programme, current_playback_urls(), utc_now())
    return {"programme": programme, "playback": preview, "history": history}


def _tell_that_mux_failed(programme: Programme, error: MuxError) -> None:
    log.warning("mux.failed", trouble=error.trouble, reason=error.message, product_id=str(programme.product_id))
    flash(f"Your draft is kept, but our video service could not take an upload: {error.message}. Try again.", "error")
