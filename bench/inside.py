"""The portal inside this process: to count its statements, to see where its time goes, to make its tables."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from portal import create_app
from portal.config import Settings


def portal_inside(environment: Mapping[str, str]) -> Flask:
    """An application that writes its log, as it would under gunicorn, to where nobody reads it."""
    app = create_app(Settings.from_environ(environment))
    for handler in logging.getLogger().handlers:
        if handler.get_name() == "portal" and isinstance(handler, logging.StreamHandler):
            handler.setStream(Path(os.devnull).open("w"))  # noqa: SIM115 - open as long as the log
    return app
