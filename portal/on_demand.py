"""What serving does without, loaded once somebody asks for it. The only place where modules are loaded late.

Huey loads Redis's library whether or not there is a Redis, and Flask-Migrate loads Alembic: together they were a tenth
of a start, and each process that serves is spared their memory.
"""

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, cast

from flask import Flask
from flask.cli import AppGroup

if TYPE_CHECKING:
    from click import Command, Context
    from flask_migrate import Migrate
    from huey import Huey

    from portal.config import Settings

COMMANDS = {"db": ("flask_migrate.cli", "db"), "portal": ("portal.cli", "portal_commands")}


def open_queue(app: Flask, settings: "Settings") -> "Huey":
    """The worker's queue, by which this process tells it that there is something to do."""
    return cast("Huey", import_module("portal.tasks").make_worker(app, settings))


def register_commands(app: Flask) -> None:
    """Have `flask --app wsgi db …` and `flask --app wsgi portal …` work."""
    app.cli = Commands(app.name)
    app.extensions["migrate"] = Migrations(app.config["MIGRATIONS_FOLDER"])


class Commands(AppGroup):
    """Commands that are known by their names until one of them is run."""

    def list_commands(self, ctx: "Context") -> list[str]:
        return sorted([*super().list_commands(ctx), *COMMANDS])

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS[cmd_name]
        return cast("Command", getattr(import_module(module), name))


class Migrations:
    """What Flask-Migrate looks for in an application."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    @cached_property
    def migrate(self) -> "Migrate":
        """Its own object, which knows where the migrations are."""
        return cast("Migrate", import_module("flask_migrate").Migrate(directory=self.directory))
