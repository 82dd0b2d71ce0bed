"""Whose reports these are: the programmes that they concern, locked, with all attempts."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, make_dataclass
from itertools import starmap
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.orm import aliased

from portal.database.bare_select import BareConnection, BareSelect
from portal.models import AttemptState, Product, Programme, ProgrammeState, Upload
from portal.models.list_parameter import among
from portal.mux.facts import Report

# What is read of each, by name, and what makes its state out of a row of these columns, in their order.
_OF_PROGRAMME = {name: getattr(Programme, name) for name in ProgrammeState.__annotations__}
_OF_PROGRAMME["owner_id"] = Product.owner_id
_OF_ATTEMPT = {name: getattr(Upload, name) for name in AttemptState.__annotations__}
_programme: Callable[..., ProgrammeState] = make_dataclass("ConcernedProgramme", _OF_PROGRAMME, bases=(ProgrammeState,))
_attempt: Callable[..., AttemptState] = make_dataclass("ConcernedAttempt", _OF_ATTEMPT, bases=(AttemptState,))


def _select_concerned() -> Select[Any]:
    """By the order of their ids, so that of two who lock the same ones one waits for the other, and never both."""
    playing, passed = aliased(Programme), aliased(Programme)
    named = union(
        select(Upload.product_id).where(among(Upload.mux_upload_id, "upload_ids")),
        select(Upload.product_id).where(among(Upload.asset_id, "asset_ids")),
        select(playing.product_id).where(among(playing.mux_asset_id, "asset_ids")),
        select(passed.product_id).where(among(passed.product_id, "passthroughs")),
    )
    of_all = select(*_OF_PROGRAMME.values()).select_from(Programme).join(Programme.product)
    chosen = of_all.where(Programme.product_id.in_(named))
    return chosen.order_by(Programme.product_id).with_for_update(of=Programme)


def _select_attempts() -> Select[Any]:
    return select(*_OF_ATTEMPT.values()).where(among(Upload.product_id, "product_ids")).order_by(Upload.id)


_PROGRAMMES = BareSelect(_select_concerned())
_ATTEMPTS = BareSelect(_select_attempts())


@dataclass(frozen=True)
class Concerned:
    """Programmes with all their attempts, which hold still until the transaction ends.

    They are found as they stand in memory: by what an earlier report of the same batch has brought, too.
    """

    _programmes: dict[uuid.UUID, ProgrammeState] = field(default_factory=dict)
    _attempts: dict[uuid.UUID, list[AttemptState]] = field(default_factory=dict)

    def programme_of(self, report: Report) -> ProgrammeState | None:
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

    def attempt_of(self, report: Report) -> AttemptState | None:
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

    def attempts_of(self, programme: ProgrammeState) -> Sequence[AttemptState]:
        """All of a programme's attempts, the oldest first."""
        return self._attempts[programme.product_id]

    def _all_attempts(self) -> Iterator[AttemptState]:
        for attempts in self._attempts.values():
            yield from attempts


def lock_concerned(connection: BareConnection, reports: Sequence[Report]) -> Concerned:
    """Lock the programmes that some reports concern, and read them and their attempts as they stand then. Two queries.

    The attempts are read in a statement of their own, behind the locks: what whoever held them before has changed is
    seen.
    """
    upload_ids = {report.upload_id for report in reports if report.upload_id is not None}
    asset_ids = {report.asset_id for report in reports if report.asset_id is not None}
    passthroughs = {product_id for product_id in map(_product_id_of, reports) if product_id is not None}
    if not upload_ids and not asset_ids and not passthroughs:
        return Concerned()
    rows = _PROGRAMMES.rows(connection, upload_ids=upload_ids, asset_ids=asset_ids, passthroughs=passthroughs)
    programmes = {programme.product_id: programme for programme in starmap(_programme, rows)}
    if not programmes:
        return Concerned()
    attempts: dict[uuid.UUID, list[AttemptState]] = {product_id: [] for product_id in programmes}
    for attempt in starmap(_attempt, _ATTEMPTS.rows(connection, product_ids=programmes)):
        attempts[attempt.product_id].append(attempt)
    return Concerned(programmes, attempts)


def _product_id_of(report: Report) -> uuid.UUID | None:
    try:
        return uuid.UUID(report.passthrough or "")
    except ValueError:
        return None
