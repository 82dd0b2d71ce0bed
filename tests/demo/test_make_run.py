"""What `make run` starts: it greets, brings in its samples by the real way, stops whole, and keeps its data."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.demo_accounts import PEOPLE
from tests.browser.stack import ROOT, Stack, eventually

SAMPLES = {"Breathe: a short reset between meetings", "Reading the night sky", "Painting with evening light"}


@pytest.mark.media
def test_the_demo_lives_stops_whole_and_comes_back_with_its_data(demo: "Demo") -> None:
    demo.start()
    for email, *_ in PEOPLE:
        assert demo.stack.api(email, "GET", "/programme")["items"] is not None
    assert {item["title"] for item in demo.published()} == SAMPLES
    assert [item["isPremium"] for item in demo.published()].count(True) == 1
    started = demo.processes()
    assert len(started) >= 5  # the runner, local Mux, portal, worker, welcome

    demo.stop()
    assert not [process for process in started if process.is_running() and process.status() != "zombie"]

    demo.start()
    assert {item["title"] for item in demo.published()} == SAMPLES
    assert demo.log().count("Sample programme:") == len(SAMPLES)  # brought in once


def test_a_taken_port_is_named(demo: "Demo") -> None:
    with demo.port_taken() as port:
        refused = subprocess.run(
            [sys.executable, "-m", "demo"],
            cwd=ROOT,
            env=demo.environment | {"PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert refused.returncode == 1
    assert f"Port {port} is taken. Choose another one: make run PORT=" in refused.stderr


class Demo:
    """`python -m demo` in a folder of its own."""

    def __init__(self, instance: Path) -> None:
        self.stack = Stack(instance, "")
        places = {"PORT": str(self.stack.port), "MUX_PORT": str(self.stack.mux_port), "INSTANCE": str(instance)}
        ours = ("MUX_", "DATABASE_URL", "SECRET_KEY", "JWT_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | places
        self.log_file = instance / "demo.log"
        self.runner: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.runner = subprocess.Popen(
                [sys.executable, "-m", "demo"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        done = self.stack.instance / "samples-done"
        eventually(lambda: "The portal is ready" in self.log() and done.exists(), seconds=120)

    def stop(self) -> None:
        if self.runner and self.runner.poll() is None:
            self.runner.send_signal(signal.SIGTERM)
            self.runner.wait(timeout=30)
            assert self.runner.returncode == 0
        if self.log_file.exists():
            self.log_file.write_text(self.log().replace("The portal is ready", "The portal was ready"))

    def processes(self) -> list[psutil.Process]:
        assert self.runner
        runner = psutil.Process(self.runner.pid)
        return [runner, *runner.children(recursive=True)]

    def published(self) -> list[dict[str, object]]:
        return list(self.stack.api("viewer@example.com", "GET", "/programme")["items"])

    def log(self) -> str:
        return self.log_file.read_text()

    def port_taken(self) -> "TakenPort":
        return TakenPort()


class TakenPort:
    def __enter__(self) -> int:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        return int(self.listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self.listener.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    demo.stop()
