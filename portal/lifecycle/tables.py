"""The life of a programme as tables: which fact leads from where to where, and which can't be true."""

from collections.abc import Mapping

from portal.models import Status, UploadStatus
from portal.mux.facts import Fact, Fault

# What a fact about the current attempt makes of a programme; what is not in here changes nothing.
NEXT_STATUS: Mapping[tuple[Status, Fact], Status] = {
    (Status.AWAITING_UPLOAD, Fact.ASSET_CREATED): Status.PROCESSING,
    (Status.AWAITING_UPLOAD, Fact.ASSET_READY): Status.READY,
    (Status.AWAITING_UPLOAD, Fact.ASSET_ERRORED): Status.ERRORED,
    (Status.AWAITING_UPLOAD, Fact.ASSET_DELETED): Status.ERRORED,
    (Status.AWAITING_UPLOAD, Fact.UPLOAD_ERRORED): Status.ERRORED,
    (Status.AWAITING_UPLOAD, Fact.UPLOAD_CANCELLED): Status.ERRORED,
    (Status.AWAITING_UPLOAD, Fact.UPLOAD_TIMED_OUT): Status.ERRORED,
    (Status.PROCESSING, Fact.ASSET_READY): Status.READY,
    (Status.PROCESSING, Fact.ASSET_ERRORED): Status.ERRORED,
    (Status.PROCESSING, Fact.ASSET_DELETED): Status.ERRORED,
    (Status.PROCESSING, Fact.UPLOAD_ERRORED): Status.ERRORED,
    (Status.PROCESSING, Fact.UPLOAD_CANCELLED): Status.ERRORED,
    (Status.PROCESSING, Fact.UPLOAD_TIMED_OUT): Status.ERRORED,
    (Status.READY, Fact.ASSET_DELETED): Status.ERRORED,
}
# Facts that can't be true of an attempt which has got that far: no event decides this, Mux is asked.
CONTRADICTIONS = frozenset(
    {
        (Status.READY, Fact.UPLOAD_ERRORED),
        (Status.READY, Fact.UPLOAD_CANCELLED),
        (Status.READY, Fact.UPLOAD_TIMED_OUT),
        (Status.READY, Fact.ASSET_ERRORED),
        (Status.ERRORED, Fact.ASSET_READY),
    }
)
# Only Mux's own answer to a question may bring an errored programme back.
NEXT_STATUS_WHEN_ASKED: Mapping[tuple[Status, Fact], Status] = {
    **NEXT_STATUS,
    (Status.ERRORED, Fact.ASSET_CREATED): Status.PROCESSING,
    (Status.ERRORED, Fact.ASSET_READY): Status.READY,
    (Status.READY, Fact.ASSET_ERRORED): Status.ERRORED,
}
UPLOAD_STATUS: Mapping[Fact, UploadStatus] = {
    Fact.UPLOAD_ERRORED: UploadStatus.ERRORED,
    Fact.UPLOAD_CANCELLED: UploadStatus.CANCELLED,
    Fact.UPLOAD_TIMED_OUT: UploadStatus.TIMED_OUT,
    Fact.ASSET_CREATED: UploadStatus.ASSET_CREATED,
    Fact.ASSET_READY: UploadStatus.ASSET_CREATED,
    Fact.ASSET_ERRORED: UploadStatus.ASSET_CREATED,
    Fact.ASSET_DELETED: UploadStatus.ASSET_CREATED,
}
OWN_WORDS: Mapping[Fact, Fault] = {  # where Mux gives no reason of its own
    Fact.ASSET_ERRORED: Fault(type="unknown", message="Mux could not process the video."),
    Fact.UPLOAD_ERRORED: Fault(type="unknown", message="The upload failed at Mux."),
    Fact.ASSET_DELETED: Fault(type="removed", message="The video was removed at Mux."),
    Fact.UPLOAD_CANCELLED: Fault(type="cancelled", message="The upload was cancelled."),
    Fact.UPLOAD_TIMED_OUT: Fault(type="timed_out", message="The upload was not finished in time."),
}
NO_PLAYBACK_ID = Fault(type="no_playback_id", message="Mux prepared the video without a way to play it.")
