"""What stands for the worker's pace and lease where a test is about neither."""


def at_once() -> None:
    """Go on without a wait."""
