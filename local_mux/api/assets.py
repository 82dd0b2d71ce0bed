"""/video/v1/assets: create from a URL, list, look at, change, delete."""

import base64
import binascii
from datetime import datetime

from flask import Response, jsonify, request
from sqlalchemy import select, tuple_

from local_mux.api.access import find_asset
from local_mux.api.blueprint import answer, api, nothing
from local_mux.api.paging import Page
from local_mux.api.schemas import (
    AssetSettings,
    UpdateAsset,
    UpdateMasterAccess,
    UpdateMp4Support,
    read_body,
)
from local_mux.assets import delete_asset, request_static_rendition
from local_mux.context import Context
from local_mux.errors import InvalidParametersError
from local_mux.models.asset import PREPARING, READY, Asset
from local_mux.playback.child_urls import master_url
from local_mux.representations import asset_rest
from local_mux.static_names import names_of_mp4_support
from local_mux.uploads import begin_asset
from local_mux.webhooks.outbox import record_asset


@api.post("/video/v1/assets")
def create_asset() -> Response:
    settings = read_body(AssetSettings).kept()
    inputs = settings.get("inputs") or [{}]
    if not str(inputs[0].get("url", "")).startswith(("http://", "https://")):
        raise InvalidParametersError("inputs.0.url: an http or https URL is required")
    with Context.current().database.writing() as session:
        asset = begin_asset(session, settings, ingest_type="on_demand_url")
        record_asset(session, "video.asset.created", asset)
    return answer(asset_rest(asset), 201)


@api.get("/video/v1/assets")
def list_assets() -> Response:
    """List assets, newest first, by page or by cursor."""
    page = Page.asked_for()
    query = select(Asset).order_by(Asset.created_at.desc(), Asset.id.desc()).limit(page.limit + 1)
    if upload_id := request.args.get("upload_id"):
        query = query.where(Asset.upload_id == upload_id)
    if cursor := request.args.get("cursor"):
        query = query.where(tuple_(Asset.created_at, Asset.id) < tuple_(*_read_cursor(cursor)))
    else:
        query = query.offset(page.offset)
    with Context.current().database.reading() as session:
        found = session.scalars(query).all()
    shown = found[: page.limit]
    next_cursor = _cursor(shown[-1]) if len(found) > page.limit else None
    return jsonify({"data": [_show(asset) for asset in shown], "next_cursor": next_cursor})


@api.get("/video/v1/assets/<asset_id>")
def show_asset(asset_id: str) -> Response:
    with Context.current().database.reading() as session:
        return answer(_show(find_asset(session, asset_id)))


@api.patch("/video/v1/assets/<asset_id>")
def update_asset(asset_id: str) -> Response:
    changes = read_body(UpdateAsset)
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        if "passthrough" in changes.model_fields_set:
            asset.passthrough = changes.passthrough
        if changes.meta:
            asset.meta = (asset.meta or {}) | changes.meta.model_dump(exclude_unset=True)
        record_asset(session, "video.asset.updated", asset)
    return answer(_show(asset))


@api.delete("/video/v1/assets/<asset_id>")
def remove_asset(asset_id: str) -> Response:
    context = Context.current()
    with context.database.writing() as session:
        delete_asset(session, find_asset(session, asset_id))
    context.storage.discard_asset(asset_id)
    return nothing()


@api.get("/video/v1/assets/<asset_id>/input-info")
def input_info(asset_id: str) -> Response:
    """Tell what the input was; the file part is there once it has been looked at."""
    with Context.current().database.reading() as session:
        asset = find_asset(session, asset_id)
    inputs = asset.settings.get("inputs") or [{}]
    return answer([{"settings": inputs[0], **({"file": asset.input_file} if asset.input_file else {})}])


@api.put("/video/v1/assets/<asset_id>/master-access")
def update_master_access(asset_id: str) -> Response:
    order = read_body(UpdateMasterAccess)
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        asset.master_access = order.master_access
        wanted = order.master_access == "temporary" and asset.status == READY
        asset.master_status = (asset.master_status or PREPARING) if wanted else None
        record_asset(session, "video.asset.updated", asset)
    return answer(_show(asset))


@api.put("/video/v1/assets/<asset_id>/mp4-support")
def update_mp4_support(asset_id: str) -> Response:
    order = read_body(UpdateMp4Support)
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        asset.mp4_support = order.mp4_support
        there = {rendition.name for rendition in asset.static_renditions}
        for name in names_of_mp4_support(order.mp4_support):
            if name not in there:
                request_static_rendition(session, asset, name=name)
        record_asset(session, "video.asset.updated", asset)
    return answer(_show(asset))


def _show(asset: Asset) -> dict[str, object]:
    return asset_rest(asset, master_url=master_url(asset) if asset.master_status == READY else None)


def _cursor(asset: Asset) -> str:
    return base64.urlsafe_b64encode(f"{asset.created_at.isoformat()}|{asset.id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        created_at, asset_id = base64.urlsafe_b64decode(cursor).decode().split("|")
        return datetime.fromisoformat(created_at), asset_id
    except (binascii.Error, ValueError) as error:
        raise InvalidParametersError("cursor: not one that this API gave out") from error
