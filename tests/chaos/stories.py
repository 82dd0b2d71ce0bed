"""What coaches do with their videos, and what each of these stories comes to once all is calm."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.coach import Coach

READY, ERRORED, AWAITING = "ready", "errored", "awaiting_upload"


@dataclass(frozen=True)
class Files:
    """A second and two seconds of video that plays, and a file that is none."""

    one_second: bytes
    two_seconds: bytes
    broken: bytes


@dataclass
class Story:
    """One upload of a coach, from the first request to what must have become of it."""

    number: int
    kind: str
    coach: Coach
    product_id: str = ""
    status: str = ""  # that it ends with
    is_deleted: bool = False
    duration: int | None = None  # seconds
    tags: tuple[str, ...] = ()
    is_over: bool = False  # as far as its coach is concerned
    runs_out_of_time: str = ""  # Mux's id of an upload that nobody will send a file to
    notices: Counter[str] = field(default_factory=Counter)  # what the coach must have been told, how many times

    @property
    def title(self) -> str:
        return f"{self.number:03d} {self.kind}"

    def ends(self, status: str, *notices: str, duration: int | None = None) -> None:
        self.status, self.notices, self.duration = status, Counter(notices), duration

    def play(self, files: Files) -> None:
        made = self.coach.creates(self.title, key=f"key of {self.title}")
        self.product_id = made["productId"]
        KINDS[self.kind](self, files, made["uploadUrl"], made["uploadId"])


def fresh_address(story: Story) -> str:
    return story.coach.begins_anew(story.product_id, key=f"second key of {story.title}")


def send(story: Story, file: bytes, address: str) -> None:
    status = story.coach.sends(address, file)
    assert status == 200, f"{story.title}: the address says {status}"


def a_good_file(story: Story, files: Files, address: str, _upload_id: str) -> None:
    send(story, files.one_second, address)
    story.ends(READY, "video_ready", duration=1)


def a_good_file_with_words(story: Story, files: Files, address: str, _upload_id: str) -> None:
    story.tags = ("calm", "chaos")
    words = {"productId": story.product_id, "tags": list(story.tags), "isFeatured": True}
    story.coach.asks("PATCH", "/programme/metadata", words, expects={200})
    send(story, files.two_seconds, address)
    story.ends(READY, "video_ready", duration=2)


def a_broken_file(story: Story, files: Files, address: str, _upload_id: str) -> None:
    send(story, files.broken, address)
    story.ends(ERRORED, "video_failed")


def no_file_yet(story: Story, _files: Files, _address: str, _upload_id: str) -> None:
    story.ends(AWAITING)


def never_a_file(story: Story, _files: Files, _address: str, upload_id: str) -> None:
    story.runs_out_of_time = upload_id
    story.ends(ERRORED, "upload_unfinished")


def cancelled_at_mux(story: Story, _files: Files, _address: str, upload_id: str) -> None:
    story.coach.cancels_at_mux(upload_id)
    story.ends(ERRORED, "video_failed")


def cancelled(story: Story, _files: Files, _address: str, _upload_id: str) -> None:
    cancel(story)
    story.ends(ERRORED)


def cancelled_after_sending(story: Story, files: Files, address: str, _upload_id: str) -> None:
    """Mux may be quicker: then the video stays."""
    send(story, files.one_second, address)
    cancel(story)
    story.ends("")


def replaced(story: Story, files: Files, address: str, _upload_id: str) -> None:
    send(story, files.one_second, address)
    story.coach.waits_until(story.product_id, READY)
    send(story, files.two_seconds, fresh_address(story))
    story.ends(READY, "video_ready", "replacement_ready", duration=2)


def replaced_by_a_broken_file(story: Story, files: Files, address: str, _upload_id: str) -> None:
    send(story, files.one_second, address)
    story.coach.waits_until(story.product_id, READY)
    send(story, files.broken, fresh_address(story))
    story.ends(READY, "video_ready", "replacement_failed", duration=1)


def tried_again(story: Story, files: Files, address: str, _upload_id: str) -> None:
    send(story, files.broken, address)
    story.coach.waits_until(story.product_id, ERRORED)
    send(story, files.two_seconds, fresh_address(story))
    story.ends(READY, "video_failed", "video_ready", duration=2)


def deleted(story: Story, files: Files, address: str, _upload_id: str) -> None:
    send(story, files.one_second, address)
    story.coach.waits_until(story.product_id, READY)
    delete(story)
    story.ends(READY, "video_ready", duration=1)


def deleted_before_sending(story: Story, _files: Files, _address: str, _upload_id: str) -> None:
    delete(story)
    story.ends(ERRORED)


def cancel(story: Story) -> None:
    """409: there is nothing to cancel, or not any more, as a try without an answer did it."""
    story.coach.asks("DELETE", f"/programme/{story.product_id}/upload-url", expects={200, 204, 409})


def delete(story: Story) -> None:
    """404: a try without an answer did it."""
    answer = story.coach.asks("DELETE", f"/programme/{story.product_id}", expects={204, 404})
    assert answer.status == 204 or answer.was_repeated, (story.title, answer)
    story.is_deleted = True


KINDS: dict[str, Callable[[Story, Files, str, str], None]] = {
    "a good file": a_good_file,
    "a good file with words": a_good_file_with_words,
    "a broken file": a_broken_file,
    "no file yet": no_file_yet,
    "never a file": never_a_file,
    "cancelled at Mux": cancelled_at_mux,
    "cancelled": cancelled,
    "cancelled after sending": cancelled_after_sending,
    "replaced": replaced,
    "replaced by a broken file": replaced_by_a_broken_file,
    "tried again": tried_again,
    "deleted": deleted,
    "deleted before sending": deleted_before_sending,
}
OF_FORTY = {
    "a good file": 10,
    "a good file with words": 4,
    "a broken file": 4,
    "no file yet": 2,
    "never a file": 2,
    "cancelled at Mux": 2,
    "cancelled": 3,
    "cancelled after sending": 2,
    "replaced": 4,
    "replaced by a broken file": 2,
    "tried again": 2,
    "deleted": 2,
    "deleted before sending": 1,
}
OF_SEVERAL_STEPS = frozenset({"replaced", "replaced by a broken file", "tried again", "deleted"})


def make_stories(number: int, coaches: tuple[Coach, ...], chance: random.Random) -> list[Story]:
    """As many stories in the usual mixture, in an order of chance. Those that take several steps begin first."""
    kinds = [kind for kind, times in OF_FORTY.items() for _ in range(times)]
    wanted = [kinds[index % len(kinds)] for index in range(number)]
    chance.shuffle(wanted)
    wanted.sort(key=lambda kind: kind not in OF_SEVERAL_STEPS)
    return [Story(index + 1, kind, coaches[index % len(coaches)]) for index, kind in enumerate(wanted)]
