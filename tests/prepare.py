"""Before the tests: see that the machine has what no Python or npm package brings, and install it where that is ours.

Run as `python -m tests.prepare`.
"""

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Each need: the programs of which one must be there, and the Debian packages that bring it.
NEEDS = (
    (BROWSERS, ("chromium", "fonts-dejavu-core")),
    (("redis-server",), ("redis-server",)),
)


def main() -> None:
    """Have a Chromium and a Redis, or say in one line what is missing."""
    missing = [packages for programs, packages in NEEDS if not any(shutil.which(name) for name in programs)]
    if not missing:
        return
    packages = [package for each in missing for package in each]
    apt_get = shutil.which("apt-get")
    if apt_get is None or os.geteuid() != 0:
        names = " ".join(packages)
        sys.exit(f"The tests need what is not here: install it (on Debian: apt-get install {names}) and try again.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt_get, "update", "-qq"], check=True, env=environment)
    subprocess.run(
        [apt_get, "install", "-y", "-qq", "--no-install-recommends", *packages],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main()
