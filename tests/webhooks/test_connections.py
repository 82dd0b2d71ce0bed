"""What is answered before Flask shares a few connections, so that the pool has one left for each thread."""

from flask import Flask
from sqlalchemy import QueuePool

from portal.extensions import db
from portal.models import Status
from tests.callers import Api
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import asset, event


def test_webhooks_and_programmes_are_answered_by_the_same_connections(app: Flask, api: Api, webhook: Webhook) -> None:
    product_id = webhook.programme(Status.PROCESSING)
    with app.app_context():
        pool = db.engine.pool

    assert webhook.deliver(event("video.asset.ready", asset("ready"))).status_code == 200
    assert api.get(f"/programme/{product_id}").status_code == 200

    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 1
