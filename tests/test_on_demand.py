"""What a start is spared: Alembic, the queue's library and the commands come once they are asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.test_forking import ROOT

LOADED = """
import json, sys
import wsgi

print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A start's own, on a database without tables."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MUX_")},
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET_KEY": "j" * 40,
        "MUX_TOKEN_ID": "token-id",
        "MUX_TOKEN_SECRET": "token-secret",
        "MUX_WEBHOOK_SECRET": "whsec",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}",
        "INSTANCE": str(tmp_path),
    }


def output_of(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environ, check=True, capture_output=True, text=True)
    return done.stdout


def test_what_serves_loads_neither_commands_nor_migrations_nor_the_queue(environ: dict[str, str]) -> None:
    loaded = set(json.loads(output_of(environ, "-c", LOADED)))

    assert "sqlalchemy" in loaded
    assert loaded & {"alembic", "flask_migrate", "huey", "redis"} == set()


def test_migrations_run_by_the_command_that_flask_finds_by_itself(environ: dict[str, str]) -> None:
    flask = ("-m", "flask", "--app", "wsgi", "db")
    output_of(environ, *flask, "upgrade")

    assert output_of(environ, *flask, "current").endswith("(head)\n")


def test_both_groups_of_commands_are_listed(environ: dict[str, str]) -> None:
    listed = [
        line.split()[0] for line in output_of(environ, "-m", "flask", "--app", "wsgi", "--help").splitlines() if line
    ]

    assert {"db", "portal"} <= set(listed)


def test_what_is_no_command_is_called_so(app: Flask) -> None:
    assert "No such command 'dance'" in app.test_cli_runner().invoke(args=["dance"]).output
