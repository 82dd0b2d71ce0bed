"""What a notice says, for its page and its mail alike: what happened, why as far as is known, and what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from portal.formatting import mux_reason
from portal.models import Notice, NoticeKind

LINES_MAX = 50  # of a digest


@dataclass(frozen=True, kw_only=True)
class NoticeLink:
    """Where the next step is: a path of the portal, and what is done there."""

    path: str
    label: str


@dataclass(frozen=True, kw_only=True)
class NoticeWords:
    """A heading that says it all, paragraphs that say more, lines of a list, and a link where there is a next step."""

    heading: str
    paragraphs: tuple[str, ...]
    lines: tuple[str, ...] = ()
    link: NoticeLink | None = None


def words_of(notice: Notice) -> NoticeWords:
    """What a notice says to the person whom it was made for."""
    words = WORDS[notice.kind](notice)
    return words if words.link else replace(words, paragraphs=("The programme has been deleted since.",))


def digest_lines(failures: list[str], count: int) -> str:
    """The failures of a digest as it keeps them: a line for each, and how many there are besides."""
    more = [f"and {count - len(failures)} more"] if count > len(failures) else []
    return "\n".join([*failures, *more])


def failure_line(notice: Notice, coach_name: str) -> str:
    """What a coach was told of a failure, in one line for administrators."""
    is_unfinished = notice.kind is NoticeKind.UPLOAD_UNFINISHED
    why = "The upload was left unfinished." if is_unfinished else mux_reason(notice.reason).words
    line = f"{notice.title} ({coach_name}): {why}"
    if notice.kind is NoticeKind.REPLACEMENT_FAILED:
        line += " The old video plays on."
    return " ".join(line.split())


def _video_ready(notice: Notice) -> NoticeWords:
    return NoticeWords(
        heading=f"“{notice.title}” is ready",
        paragraphs=(
            "The video can be played.",
            "If the programme is published, viewers can watch it now. If it is a draft, publish it when you want.",
        ),
        link=_link(notice, "/watch", "Watch it"),
    )


def _video_failed(notice: Notice) -> NoticeWords:
    reason = mux_reason(notice.reason)
    return NoticeWords(
        heading=f"The video of “{notice.title}” failed",
        paragraphs=(reason.words, reason.advice),
        link=_to_programme(notice),
    )


def _video_removed(notice: Notice) -> NoticeWords:
    reason = mux_reason(notice.reason)
    return NoticeWords(
        heading=f"The video of “{notice.title}” is gone",
        paragraphs=(reason.words, reason.advice),
        link=_to_programme(notice),
    )


def _replacement_ready(notice: Notice) -> NoticeWords:
    return NoticeWords(
        heading=f"The new video of “{notice.title}” is ready",
        paragraphs=("It has taken the place of the old one. Everything else about the programme stays as it was.",),
        link=_link(notice, "/watch", "Watch it"),
    )


def _replacement_failed(notice: Notice) -> NoticeWords:
    reason = mux_reason(notice.reason)
    return NoticeWords(
        heading=f"The new video of “{notice.title}” failed",
        paragraphs=(f"{reason.words} The old video plays on.", reason.advice),
        link=_to_programme(notice),
    )


def _upload_unfinished(notice: Notice) -> NoticeWords:
    return NoticeWords(
        heading=f"The upload for “{notice.title}” was left unfinished",
        paragraphs=(
            "No whole file has arrived for it. A video that plays there already goes on playing.",
            "Open the programme’s page to send the file. If you no longer want the programme, delete it there.",
        ),
        link=_to_programme(notice),
    )


def _failure_digest(notice: Notice) -> NoticeWords:
    is_one = notice.title == "1"
    return NoticeWords(
        heading=f"{notice.title} {'video or upload' if is_one else 'videos or uploads'} failed",
        paragraphs=("Their coaches have been told what to do. This is for you to see whether something is wrong.",),
        lines=tuple((notice.reason or "").splitlines()),
        link=NoticeLink(path="/admin/programmes?status=errored", label="Programmes that have failed"),
    )


WORDS: Mapping[NoticeKind, Callable[[Notice], NoticeWords]] = {
    NoticeKind.VIDEO_READY: _video_ready,
    NoticeKind.VIDEO_FAILED: _video_failed,
    NoticeKind.VIDEO_REMOVED: _video_removed,
    NoticeKind.REPLACEMENT_READY: _replacement_ready,
    NoticeKind.REPLACEMENT_FAILED: _replacement_failed,
    NoticeKind.UPLOAD_UNFINISHED: _upload_unfinished,
    NoticeKind.FAILURE_DIGEST: _failure_digest,
}


def _to_programme(notice: Notice) -> NoticeLink | None:
    return _link(notice, "/coach/programmes", "Open its page")


def _link(notice: Notice, place: str, label: str) -> NoticeLink | None:
    """None where the programme is gone."""
    return NoticeLink(path=f"{place}/{notice.product_id}", label=label) if notice.product_id else None
