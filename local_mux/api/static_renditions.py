"""Static renditions: MP4 or M4A files of an asset."""

from flask import Response
from sqlalchemy import select

from local_mux.api.access import find_asset
from local_mux.api.blueprint import answer, api, nothing
from local_mux.api.schemas import StaticRenditionOrder, read_body
from local_mux.assets import request_static_rendition
from local_mux.context import Context
from local_mux.errors import InvalidParametersError, NotFoundError
from local_mux.models.asset import StaticRendition
from local_mux.representations import static_rendition_rest
from local_mux.static_names import static_name
from local_mux.webhooks.outbox import record_static_rendition


@api.post("/video/v1/assets/<asset_id>/static-renditions")
def create_static_rendition(asset_id: str) -> Response:
    order = read_body(StaticRenditionOrder)
    name = static_name(order.resolution)
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        if any(rendition.name == name for rendition in asset.static_renditions):
            raise InvalidParametersError(f"resolution: the asset has {order.resolution} already")
        rendition = request_static_rendition(
            session, asset, name=name, resolution=order.resolution, passthrough=order.passthrough
        )
    return answer(static_rendition_rest(rendition), 201)


@api.delete("/video/v1/assets/<asset_id>/static-renditions/<rendition_id>")
def delete_static_rendition(asset_id: str, rendition_id: str) -> Response:
    context = Context.current()
    query = select(StaticRendition).where(StaticRendition.id == rendition_id, StaticRendition.asset_id == asset_id)
    with context.database.writing() as session:
        rendition = session.scalars(query).one_or_none()
        if rendition is None:
            raise NotFoundError
        record_static_rendition(session, "video.asset.static_rendition.deleted", rendition)
        rendition.asset.static_renditions.remove(rendition)
    context.storage.derived(asset_id, rendition.name).unlink(missing_ok=True)
    return nothing()
