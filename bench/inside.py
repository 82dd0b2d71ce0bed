"""The portal inside this process: to count its statements, to see where its time goes, to make its tables."""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from portal import create_app
from portal.config import Settings
from portal.logs import configure_logs


def portal_inside(environment: Mapping[str, str]) -> Flask:
    """An application that writes its log, as it would under gunicorn, to where nobody reads it."""
    settings = Settings.from_environ(environment)
    app = create_app(settings)
    configure_logs(settings, Path(os.devnull).open("w"))  # noqa: SIM115 - open as long as the log
    return app
