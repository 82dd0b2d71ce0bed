"""Before the tests: see that the machine has what no Python or npm package brings, and install it where that is ours.

Run as `python -m tests.prepare`.
"""

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Have a Chromium, or say in one line what is missing."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    apt_get = shutil.which("apt-get")
    if apt_get is None or os.geteuid() != 0:
        sys.exit("The browser tests need Chromium: install it (on Debian: apt-get install chromium) and try again.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt_get, "update", "-qq"], check=True, env=environment)
    subprocess.run(
        [apt_get, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main()
