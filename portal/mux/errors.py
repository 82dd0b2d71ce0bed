"""The one kind of failure that a call to Mux leaves as."""

import enum


class Trouble(enum.StrEnum):
    """Why a call to Mux came to nothing."""

    CREDENTIALS = "credentials"  # 401, 403: the access token is wrong or lacks a permission
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # any other 4xx: Mux understood and said no
    RATE_LIMITED = "rate_limited"
    FAILED = "failed"  # 5xx
    OUT_OF_REACH = "out_of_reach"  # no connection, or no answer in time
    UNREADABLE = "unreadable"  # an answer that is not one of Mux's


class MuxError(Exception):
    """A call to Mux that came to nothing. `message` is Mux's own sentence where it gave one."""

    def __init__(self, trouble: Trouble, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(f"{trouble}: {message}")
        self.trouble = trouble
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    @property
    def can_retry(self) -> bool:
        """Whether the same call may succeed later with nobody changing anything."""
        return self.trouble in {Trouble.RATE_LIMITED, Trouble.FAILED, Trouble.OUT_OF_REACH}


class MuxNotAskedError(MuxError):
    """A call that was held back, as Mux is away or slow. It tells nothing about what was to be asked."""

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(Trouble.OUT_OF_REACH, message, retry_after_seconds=retry_after_seconds)


# Whoever else asks now meets the same.
MUX_IS_AWAY = frozenset({Trouble.OUT_OF_REACH, Trouble.RATE_LIMITED, Trouble.CREDENTIALS})
