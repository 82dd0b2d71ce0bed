"""Our own files on their way to the browser: names that change with the contents, compressed, kept for ever."""

import gzip
import re
import shutil
from pathlib import Path

import brotli
import pytest
from flask import Flask

from portal.static_build import BUILT, STATIC, build
from portal.static_files import _current_build, serve_static

IMPORTED = re.compile(r'from "\./([^"]+)"')


def test_every_file_has_a_twin_whose_name_holds_its_digest(copy: Path) -> None:
    manifest = build(copy)

    assert {name for name in manifest if name.startswith("js/")} == {
        f"js/{file.name}" for file in (copy / "js").glob("*.js")
    }
    for entry in manifest.values():
        assert re.search(r"\.[0-9a-f]{12}\.(css|js|mjs|svg)$", entry["built"])


def test_the_twins_come_compressed_both_ways(copy: Path) -> None:
    for entry in build(copy).values():
        content = (copy / entry["built"]).read_bytes()
        assert brotli.decompress((copy / f"{entry['built']}.br").read_bytes()) == content
        assert gzip.decompress((copy / f"{entry['built']}.gz").read_bytes()) == content


def test_a_module_imports_the_twins_of_what_it_imports(copy: Path) -> None:
    manifest = build(copy)

    imported = 0
    for entry in manifest.values():
        if entry["built"].endswith(".js"):
            for name in IMPORTED.findall((copy / entry["built"]).read_text()):
                assert (copy / BUILT / "js" / name).exists(), entry
                imported += 1
    assert imported > 0


def test_a_change_in_what_a_module_imports_changes_its_own_name(copy: Path) -> None:
    before = build(copy)
    parts = copy / "js" / "parts.js"
    parts.write_text(parts.read_text() + "\n// changed")

    after = build(copy)

    assert before["js/in-place.js"]["built"] != after["js/in-place.js"]["built"]
    assert before["css/portal.css"] == after["css/portal.css"]
    assert not (copy / before["js/in-place.js"]["built"]).exists(), "what is old is cleared away"


def test_after_a_change_the_plain_files_are_served_until_they_are_built(copy: Path) -> None:
    assert _current_build(copy) == {}
    build(copy)
    assert _current_build(copy)["js/parts.js"].startswith("built/js/parts.")

    (copy / "js" / "parts.js").write_text("export const changed = true;")

    assert _current_build(copy) == {}


@pytest.mark.parametrize("damage", ["not JSON", "[]", '{"js/parts.js": {}}'])
def test_a_build_that_was_interrupted_is_no_build(copy: Path, damage: str) -> None:
    build(copy)
    (copy / BUILT / "manifest.json").write_text(damage)

    assert _current_build(copy) == {}


def test_twins_are_kept_for_ever_and_plain_files_for_an_hour(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build(copy)["css/portal.css"]["built"]
    monkeypatch.setattr("portal.static_files.STATIC", copy)
    app = Flask("files", static_folder=None)
    app.wsgi_app = serve_static(app.wsgi_app)  # type: ignore[method-assign]
    client = app.test_client()

    with (
        client.get(f"/static/{built}", headers={"Accept-Encoding": "gzip, br"}) as twin,
        client.get("/static/css/portal.css") as plain,
    ):
        pass

    assert (twin.status_code, twin.headers["Content-Encoding"]) == (200, "br")
    assert "immutable" in twin.headers["Cache-Control"]
    assert "max-age=3600" in plain.headers["Cache-Control"]
    assert "immutable" not in plain.headers["Cache-Control"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """static/ without the vendors' large files and without a build."""
    for name in ("css", "js", "img"):
        shutil.copytree(STATIC / name, tmp_path / name)
    (tmp_path / "vendor").mkdir()
    return tmp_path
