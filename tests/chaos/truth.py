"""What must be true in the end, whatever happened on the way: each broken promise as a sentence about a programme."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.models import (
    Discard,
    Happening,
    History,
    IdempotencyKey,
    Notice,
    Outcome,
    Programme,
    Status,
    Upload,
    UploadStatus,
    WebhookEvent,
)
from tests.chaos.coach import Coach
from tests.chaos.mux_truth import MuxTruth
from tests.chaos.office import Office
from tests.chaos.stories import Story

MAY_BE = {"cancelled after sending": {(Status.READY, ("video_ready",)), (Status.ERRORED, ())}}


@dataclass
class Portal:
    """All rows that matter, by programme."""

    programmes: dict[uuid.UUID, Programme]
    uploads: dict[uuid.UUID, list[Upload]]
    notices: dict[uuid.UUID, list[Notice]]
    history: dict[uuid.UUID, list[History]]
    events: list[WebhookEvent]
    open_discards: list[Discard]
    keys: dict[str, str | None]  # Mux's id of the upload that each Idempotency-Key stands for

    @classmethod
    def look(cls, office: Office) -> "Portal":
        with office.app.app_context():
            uploads, history = rows(Upload), rows(History)
            mux_ids = {upload.id: upload.mux_upload_id for upload in uploads}
            return cls(
                programmes={row.product_id: row for row in rows(Programme)},
                uploads=by_product(uploads),
                notices=by_product(rows(Notice)),
                history=by_product(history),
                events=rows(WebhookEvent),
                open_discards=[row for row in rows(Discard) if row.done_at is None],
                keys={row.key: mux_ids[row.upload_id] for row in rows(IdempotencyKey)},
            )

    def current(self, product_id: uuid.UUID) -> Upload | None:
        return next((attempt for attempt in self.uploads[product_id] if attempt.is_current), None)


def rows(table: type[Any]) -> list[Any]:
    return list(db.session.scalars(select(table).order_by(*table.__table__.primary_key)))


def by_product(found: Iterable[Any]) -> dict[uuid.UUID, list[Any]]:
    sorted_out: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in found:
        sorted_out[row.product_id].append(row)
    return sorted_out


@dataclass
class Truth:
    """Portal and local Mux side by side, and what the coaches saw."""

    portal: Portal
    mux: MuxTruth
    stories: list[Story]
    coaches: tuple[Coach, ...]

    def broken_promises(self) -> list[str]:
        """Sentences, each beginning with the promise; empty if all are kept."""
        return [
            *self._stories_that_ended_otherwise(),
            *self._programmes_that_disagree_with_mux(),
            *self._assets_without_owner(),
            *self._uploads_that_wait_for_nobody(),
            *self._notices_told_otherwise(),
            *self._histories_with_gaps(),
            *self._events_that_went_wrong(),
            *self._debts(),
            *self._keys_that_made_more(),
        ]

    def about(self, sentence: str) -> str:
        """All that is known of the programmes that a sentence names."""
        named = [row for row in self.portal.programmes.values() if str(row.product_id) in sentence]
        return "\n".join([sentence, *(line for row in named for line in self._biography(row))])

    def _stories_that_ended_otherwise(self) -> Iterator[str]:
        for story in self.stories:
            row = self.portal.programmes.get(uuid.UUID(story.product_id))
            if row is None:
                yield f"A coach's programme is lost: {story.title} {story.product_id}"
                continue
            if story.is_deleted != row.is_deleted:
                yield f"Deleted is deleted: {name_of(row)} is_deleted={row.is_deleted}"
            if story.kind not in MAY_BE and (story.status, story.duration) != (row.status, row.duration_seconds):
                yield (
                    f"A story ends as it must: {name_of(row)} is {row.status}, {row.duration_seconds} s, "
                    f"and should be {story.status}, {story.duration} s"
                )
            if tuple(row.tags) != story.tags:
                yield f"A coach's words are kept: {name_of(row)} has {row.tags}, not {story.tags}"

    def _programmes_that_disagree_with_mux(self) -> Iterator[str]:
        for row in self.portal.programmes.values():
            plays = self.mux.assets.get(row.mux_asset_id or "")
            if row.status is Status.READY:
                seen = None if plays is None else (plays.status, plays.playback_id, plays.whole_seconds)
                if seen != ("ready", row.mux_playback_id, row.duration_seconds):
                    yield f"A programme agrees with Mux: {name_of(row)} plays {row.mux_asset_id}, Mux has {plays}"
            elif row.mux_asset_id is not None:
                yield f"What is not ready plays nothing: {name_of(row)} has {row.mux_asset_id}"
            yield from self._attempt_that_disagrees(row)

    def _attempt_that_disagrees(self, row: Programme) -> Iterator[str]:
        """The current attempt leads to the status, unless an earlier video plays on."""
        attempt = self.portal.current(row.product_id)
        if attempt is None:
            if row.status not in {Status.ERRORED, Status.READY}:
                yield f"A programme that waits has an attempt to wait for: {name_of(row)}"
            return
        upload = self.mux.uploads.get(attempt.mux_upload_id or "")
        if upload is None:
            yield f"The attempt of a programme is known at Mux: {name_of(row)} has {attempt.mux_upload_id}"
            return
        true = self.mux.leads_to(upload)
        if attempt.status != upload.status or (true != row.status and row.status is not Status.READY):
            yield (
                f"A programme agrees with Mux: {name_of(row)} is {row.status}, its attempt {attempt.status}; "
                f"at Mux the upload is {upload.status}, which leads to {true}"
            )

    def _assets_without_owner(self) -> Iterator[str]:
        owned = {row.mux_asset_id for row in self.portal.programmes.values()}
        failed = {
            attempt.asset_id
            for row in self.portal.programmes.values()
            if (attempt := self.portal.current(row.product_id)) is not None
        }
        for asset in self.mux.assets.values():
            if asset.id not in owned and not (asset.status == "errored" and asset.id in failed):
                yield f"Every asset at Mux has an owner: {asset} of {asset.passthrough} has none"

    def _uploads_that_wait_for_nobody(self) -> Iterator[str]:
        """One whose address was lost on the way is only ever one that nobody was told of."""
        told = {upload_id for coach in self.coaches for upload_id in coach.told.values()}
        known = {attempt.mux_upload_id: attempt for all_of in self.portal.uploads.values() for attempt in all_of}
        for upload in self.mux.uploads.values():
            if upload.status != "waiting":
                continue
            attempt = known.get(upload.id)
            if attempt is None and upload.id in told:
                yield f"An upload whose address was told is known: {upload.id} of {upload.passthrough} is not"
            if attempt is not None and (not attempt.is_current or attempt.status is not UploadStatus.WAITING):
                yield f"No upload waits for nobody: {upload.id} of {upload.passthrough} does"

    def _notices_told_otherwise(self) -> Iterator[str]:
        for story in self.stories:
            row = self.portal.programmes.get(uuid.UUID(story.product_id))
            if row is None:
                continue
            notices = self.portal.notices[row.product_id]
            told = Counter(notice.kind.value for notice in notices)
            allowed = [Counter(kinds) for status, kinds in MAY_BE.get(story.kind, ()) if status is row.status]
            if told not in (allowed or [story.notices]):
                yield f"One notice for each outcome: {name_of(row)} told {dict(told)}, not {dict(story.notices)}"
            if {notice.user_id for notice in notices} - {row.product.owner_id}:
                yield f"Notices go to the coach: {name_of(row)}"

    def _histories_with_gaps(self) -> Iterator[str]:
        for row in self.portal.programmes.values():
            status: Status | None = None
            for line in self.portal.history[row.product_id]:
                is_repeat = line.kind is Happening.STATE and line.to_status == status is not Status.READY
                if line.from_status != status or is_repeat:
                    yield f"Each change of state has one line: {name_of(row)}: {line.from_status} → {line.to_status}"
                status = line.to_status
            if status != row.status:
                yield f"The history ends where the programme is: {name_of(row)}: {status}, {row.status}"

    def _events_that_went_wrong(self) -> Iterator[str]:
        for event in self.portal.events:
            if event.mux_event_id.endswith("-forged"):
                yield f"Nothing forged is kept: {event.mux_event_id} {event.outcome} of {event.product_id}"
            if event.outcome is Outcome.FAILED or event.outcome is None:
                yield f"No event fails for good: {event.type} {event.error} of {event.product_id}"
        for forged in self.mux.forged_that_were_accepted:
            yield f"Nothing forged is accepted: {forged}"

    def _debts(self) -> Iterator[str]:
        for debt in self.portal.open_discards:
            yield f"What was discarded is gone: {debt.kind} {debt.mux_id} of {debt.product_id}: {debt.error}"

    def _keys_that_made_more(self) -> Iterator[str]:
        told = {key: upload_id for coach in self.coaches for key, upload_id in coach.told.items()}
        for key in told.keys() | self.portal.keys.keys():
            if told.get(key) != self.portal.keys.get(key):
                yield f"A key stands for one upload: {key} for {self.portal.keys.get(key)}, told {told.get(key)}"
        of_stories = {uuid.UUID(story.product_id) for story in self.stories}
        for product_id in self.portal.programmes.keys() - of_stories:
            yield f"A key makes one programme: {product_id} is one more"

    def _biography(self, row: Programme) -> Iterator[str]:
        for line in self.portal.history[row.product_id]:
            moved = f"{line.from_status} → {line.to_status}"
            yield f"    {line.at:%H:%M:%S.%f} {line.kind}: {moved}: {line.why} {line.mux_event_id or ''}"
        for event in self.portal.events:
            if event.product_id == row.product_id:
                came_to = f"{event.outcome}: {event.reason or event.error}"
                yield f"    {event.received_at:%H:%M:%S.%f} {event.type} {event.mux_event_id}: {came_to}"
        for attempt in self.portal.uploads[row.product_id]:
            at_mux = self.mux.uploads.get(attempt.mux_upload_id or "")
            ended = f"superseded {attempt.superseded_at}" if attempt.superseded_at else "current"
            yield f"    attempt {attempt.id}: {attempt.status}, asset {attempt.asset_id}, {ended}; at Mux: {at_mux}"


def name_of(row: Programme) -> str:
    return f"“{row.title}” {row.product_id}"
