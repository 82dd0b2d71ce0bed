"""Whose reports these are: the programmes that they concern, locked, with all attempts."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, bindparam, select, union
from sqlalchemy.orm import aliased, contains_eager, lazyload, load_only

from portal.extensions import db
from portal.models import Product, Programme, Upload
from portal.models.lists import filled
from portal.mux.facts import Report

_FRESH = {"populate_existing": True}


def _among(name: str) -> Any:
    """A parameter that holds a list."""
    return bindparam(name, expanding=True)


def _select_concerned() -> Select[Any]:
    """By the order of their ids, so that of two who lock the same ones one waits for the other, and never both."""
    playing, passed = aliased(Programme), aliased(Programme)
    named = union(
        select(Upload.product_id).where(Upload.mux_upload_id.in_(_among("upload_ids"))),
        select(Upload.product_id).where(Upload.asset_id.in_(_among("asset_ids"))),
        select(playing.product_id).where(playing.mux_asset_id.in_(_among("asset_ids"))),
        select(passed.product_id).where(passed.product_id.in_(_among("passthroughs"))),
    )
    chosen = select(Programme).join(Programme.product).where(Programme.product_id.in_(named))
    of_programme = (
        *(Programme.title, Programme.status, Programme.mux_asset_id, Programme.mux_playback_id, Programme.is_signed),
        *(Programme.duration_seconds, Programme.is_published, Programme.publish_when_ready, Programme.published_at),
        *(Programme.error_type, Programme.error_message, Programme.updated_at, Programme.deleted_at),
    )
    owner = contains_eager(Programme.product).options(load_only(Product.owner_id), lazyload(Product.owner))
    locked = chosen.options(load_only(*of_programme), owner).with_for_update(of=Programme)
    return locked.order_by(Programme.product_id).execution_options(**_FRESH)


_CONCERNED = _select_concerned()
_ATTEMPTS = (
    select(Upload).where(Upload.product_id.in_(_among("product_ids"))).order_by(Upload.id).execution_options(**_FRESH)
)


@dataclass(frozen=True)
class Concerned:
    """Programmes with all their attempts, which hold still until the transaction ends.

    They are found as they stand in memory: by what an earlier report of the same batch has brought, too.
    """

    _programmes: dict[uuid.UUID, Programme] = field(default_factory=dict)
    _attempts: dict[uuid.UUID, list[Upload]] = field(default_factory=dict)

    def programme_of(self, report: Report) -> Programme | None:
        """Whose it is: by upload id, then by asset id, then by passthrough, which is the productId."""
        attempt = self.attempt_of(report)
        if attempt is not None:
            return self._programmes[attempt.product_id]
        if report.asset_id is not None:
            for programme in self._programmes.values():
                if programme.mux_asset_id == report.asset_id:
                    return programme
        product_id = _product_id_of(report)
        return self._programmes.get(product_id) if product_id else None

    def attempt_of(self, report: Report) -> Upload | None:
        """The attempt that the report names by its ids; None where it names none that is known."""
        if report.upload_id is not None:
            for attempt in self._all_attempts():
                if attempt.mux_upload_id == report.upload_id:
                    return attempt
        if report.asset_id is not None:
            for attempt in self._all_attempts():
                if attempt.asset_id == report.asset_id:
                    return attempt
        return None

    def attempts_of(self, programme: Programme) -> Sequence[Upload]:
        """All of a programme's attempts, the oldest first."""
        return self._attempts[programme.product_id]

    def _all_attempts(self) -> Iterator[Upload]:
        for attempts in self._attempts.values():
            yield from attempts


def lock_concerned(reports: Sequence[Report]) -> Concerned:
    """Lock the programmes that some reports concern, and read them and their attempts as they stand then. Two queries.

    The attempts are read in a statement of their own, behind the locks: what whoever held them before has changed is
    seen.
    """
    upload_ids = {report.upload_id for report in reports if report.upload_id is not None}
    asset_ids = {report.asset_id for report in reports if report.asset_id is not None}
    passthroughs = {product_id for product_id in map(_product_id_of, reports) if product_id is not None}
    if not upload_ids and not asset_ids and not passthroughs:
        return Concerned()
    named = {"upload_ids": filled(upload_ids), "asset_ids": filled(asset_ids), "passthroughs": filled(passthroughs)}
    programmes = {row.product_id: row for row in db.session.scalars(_CONCERNED, named)}
    if not programmes:
        return Concerned()
    attempts: dict[uuid.UUID, list[Upload]] = {product_id: [] for product_id in programmes}
    for attempt in db.session.scalars(_ATTEMPTS, {"product_ids": filled(programmes)}):
        attempts[attempt.product_id].append(attempt)
    return Concerned(programmes, attempts)


def _product_id_of(report: Report) -> uuid.UUID | None:
    try:
        return uuid.UUID(report.passthrough or "")
    except ValueError:
        return None
