"""/video/v1/uploads: create, list, look at, cancel."""

from flask import Response, url_for
from sqlalchemy import select

from local_mux.api.access import find_upload
from local_mux.api.blueprint import answer, api
from local_mux.api.paging import Page
from local_mux.api.schemas import CreateUpload, read_body
from local_mux.context import Context
from local_mux.models.upload import WAITING, Upload
from local_mux.representations import upload_rest
from local_mux.uploads import cancel_upload, create_upload, expire_uploads


@api.post("/video/v1/uploads")
def create() -> Response:
    order = read_body(CreateUpload)
    upload = Upload(
        timeout=order.timeout,
        cors_origin=order.cors_origin,
        new_asset_settings=order.new_asset_settings.kept(),
        test=order.test,
    )
    with Context.current().database.writing() as session:
        session.add(upload)
        session.flush()
        create_upload(session, upload, _url(upload))
    return answer(upload_rest(upload, _url(upload)), 201)


@api.get("/video/v1/uploads")
def index() -> Response:
    page = Page.asked_for()
    context = Context.current()
    expire_uploads(context.database, context.storage)
    newest_first = select(Upload).order_by(Upload.created_at.desc(), Upload.id)
    with context.database.reading() as session:
        uploads = session.scalars(newest_first.limit(page.limit).offset(page.offset)).all()
    return answer([upload_rest(upload, _url(upload)) for upload in uploads])


@api.get("/video/v1/uploads/<upload_id>")
def show(upload_id: str) -> Response:
    context = Context.current()
    expire_uploads(context.database, context.storage)
    with context.database.reading() as session:
        upload = find_upload(session, upload_id)
    return answer(upload_rest(upload, _url(upload)))


@api.put("/video/v1/uploads/<upload_id>/cancel")
def cancel(upload_id: str) -> Response:
    """Cancel a waiting upload; in any other state Mux answers 403 with an empty body."""
    context = Context.current()
    expire_uploads(context.database, context.storage)
    with context.database.writing() as session:
        upload = find_upload(session, upload_id)
        if upload.status != WAITING:
            return Response(status=403)
        cancel_upload(session, upload, context.storage)
    return answer(upload_rest(upload, _url(upload)))


def _url(upload: Upload) -> str:
    return Context.current().settings.public_url + url_for("receiving.receive", token=upload.token)
