"""Make the files of static/ ready for browsers: names that hold a digest, and brotli and gzip beside each.

Run as `python -m portal.static_build`, at every set-up and after a change to static/. What it makes may be kept for
ever by browsers: a changed file has another name. Where it was not done, or a file has changed since, the portal
serves the plain files (portal.static_files).
"""

import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path

import brotli

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
BUILT = "built"
MANIFEST = "manifest.json"
FOLDERS = ("css", "js", "img", "vendor")
SUFFIXES = frozenset({".css", ".js", ".mjs", ".svg"})
# A stylesheet names its parts, each on a line of its own.
PART = re.compile(rb'^@import "\./([a-z/-]+\.css)";$', re.MULTILINE)
# The imports of our own modules, which stand in the same folder.
IMPORT = re.compile(rb'(?<=from )"\./([a-z-]+\.js)"')


def build(static: Path) -> dict[str, dict[str, str]]:
    """Build anew; for each file's name under static/: the name it was built to, and the digest of what it was."""
    shutil.rmtree(static / BUILT, ignore_errors=True)
    manifest: dict[str, dict[str, str]] = {}
    for folder in FOLDERS:
        for source in sorted((static / folder).iterdir()):
            if source.suffix in SUFFIXES:
                _build_file(source.relative_to(static).as_posix(), static, manifest)
    (static / BUILT / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


def digest(content: bytes) -> str:
    """Enough of a SHA-256 to tell one version of a file from every other."""
    return hashlib.sha256(content).hexdigest()[:12]


def contents(file: Path) -> bytes:
    """What browsers get of a file: a stylesheet with its parts in it, so that a page fetches one."""
    content = file.read_bytes()
    if file.suffix != ".css":
        return content
    return PART.sub(lambda found: (file.parent / found[1].decode()).read_bytes(), content)


def _build_file(name: str, static: Path, manifest: dict[str, dict[str, str]]) -> str:
    """The file's built name; what it imports is built before it, as its name there changes its contents."""
    if name in manifest:
        return manifest[name]["built"]
    original = contents(static / name)
    folder = Path(name).parent

    def built_import(found: re.Match[bytes]) -> bytes:
        built = _build_file((folder / found[1].decode()).as_posix(), static, manifest)
        return f'"./{Path(built).name}"'.encode()

    content = IMPORT.sub(built_import, original) if Path(name).suffix == ".js" else original
    built = f"{BUILT}/{folder.as_posix()}/{Path(name).stem}.{digest(content)}{Path(name).suffix}"
    target = static / built
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.with_name(f"{target.name}.br").write_bytes(brotli.compress(content))
    target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(content, mtime=0))
    manifest[name] = {"built": built, "source": digest(original)}
    return built
