"""Prepare the database, then run local Mux, portal and worker until told to stop."""

import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping

from flask_migrate import upgrade
from honcho.manager import Manager

from demo.environment import demo_environment
from portal import create_app
from portal.config import ConfigError, Settings
from portal.demo_accounts import PASSWORD, PEOPLE, NotADemoError, make_demo_accounts
from portal.extensions import db


def main() -> int:
    """Run everything; the exit status of whichever process ended first, or of the signal that stopped all."""
    environment = demo_environment(os.environ)
    busy = [name for name in _ports(environment) if not _is_free(int(environment[name]))]
    if busy:
        name = busy[0]
        print(f"Port {environment[name]} is taken. Choose another one: make run {name}=…", file=sys.stderr)
        return 1
    try:
        prepare_database(environment)
    except (ConfigError, NotADemoError) as error:
        print(f"portal: {error}", file=sys.stderr)
        return 1
    environment |= {"DEMO_PEOPLE": json.dumps([person[:3] for person in PEOPLE]), "DEMO_PASSWORD": PASSWORD}
    manager = Manager()
    for name, command in _processes(environment).items():
        manager.add_process(name, f"exec {shlex.join([sys.executable, '-m', *command])}", env=environment)
    print("Starting … (Ctrl-C stops everything)", flush=True)
    manager.loop()
    # 130 and 143: stopped by Ctrl-C or SIGTERM, as asked.
    return 0 if manager.returncode in {130, 143} else int(manager.returncode or 0)


def _uses_local_mux(environment: Mapping[str, str]) -> bool:
    return environment["MUX_BASE_URL"].rstrip("/") == f"http://127.0.0.1:{environment['MUX_PORT']}"


def _ports(environment: Mapping[str, str]) -> list[str]:
    return ["PORT", "MUX_PORT"] if _uses_local_mux(environment) else ["PORT"]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def prepare_database(environment: Mapping[str, str]) -> None:
    """Bring the tables up to date, with the demo's people in them."""
    settings = Settings.from_environ(environment)
    app = create_app(settings)
    with app.app_context():
        upgrade()
        make_demo_accounts(settings)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _processes(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Each process as a Python module with its arguments."""
    webhook_url = f"http://127.0.0.1:{environment['PORT']}/webhooks/mux"
    data = f"{environment['INSTANCE']}/mux"
    local_mux = ["local_mux", "--port", environment["MUX_PORT"], "--data", data, "--webhook-url", webhook_url]
    return {
        **({"mux": local_mux} if _uses_local_mux(environment) else {}),
        "portal": ["gunicorn", "wsgi:app"],
        "worker": ["huey.bin.huey_consumer", "worker.huey", "-w", "2", "-q"],
        "welcome": ["demo.welcome"],
    }


if __name__ == "__main__":
    sys.exit(main())
