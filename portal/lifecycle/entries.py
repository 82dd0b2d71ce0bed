"""The rows that a ledger writes: those of all tables that a report of Mux's concerns, at once."""

from typing import cast

from sqlalchemy import Table, Update, update

from portal.models import History, Programme, Upload
from portal.models.discard import DISCARD
from portal.models.event_keeping import KEEP
from portal.models.joint_write import Given, JointWrite, entry
from portal.notices.telling import TELL

OF_PROGRAMMES = (
    *("status", "updated_at", "mux_asset_id", "mux_playback_id", "is_signed", "duration_seconds"),
    *("is_published", "publish_when_ready", "published_at", "error_type", "error_message"),
)
OF_ATTEMPTS = (
    *("status", "updated_at", "mux_upload_id", "asset_id"),
    *("check_due_at", "error_type", "error_message"),
)
_OF_LINES = ("product_id", "at", "kind", "actor_id", "from_status", "to_status", "why", "mux_event_id")

_programmes, _attempts = cast("Table", Programme.__table__), cast("Table", Upload.__table__)
_lines = cast("Table", History.__table__)


def _move(given: Given) -> Update:
    is_as_decided = (_programmes.c.product_id == given["product_id"], _programmes.c.status == given["before"])
    return update(_programmes).where(*is_as_decided).values({name: given[name] for name in OF_PROGRAMMES})


def _change(given: Given) -> Update:
    return update(_attempts).where(_attempts.c.id == given["id"]).values({name: given[name] for name in OF_ATTEMPTS})


WRITE = JointWrite(
    moved=entry(_programmes, ("product_id", *OF_PROGRAMMES), _move, before="status"),
    changed=entry(_attempts, ("id", *OF_ATTEMPTS), _change),
    told=TELL,
    noted=entry(_lines, _OF_LINES, lambda given: given.inserted_into(_lines)),
    discarded=DISCARD,
    kept=KEEP,
)
