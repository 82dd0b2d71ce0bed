"""Our own files on their way to the browser: names that change with the contents, compressed, kept for ever."""

import gzip
import json
import re
import shutil
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

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


def test_a_stylesheet_s_parts_are_in_its_twin(copy: Path) -> None:
    parts = sorted((copy / "css" / "portal").glob("*.css"))

    twin = (copy / build(copy)["css/portal.css"]["built"]).read_text()

    assert parts
    assert "@import" not in twin
    assert all(part.read_text().strip() in twin for part in parts)


def test_a_change_in_a_stylesheet_s_part_asks_for_another_build(copy: Path) -> None:
    before = build(copy)["css/portal.css"]["built"]
    part = copy / "css" / "portal" / "tokens.css"
    part.write_text(part.read_text() + "\n.changed { color: red; }\n")

    assert _current_build(copy) == {}
    assert build(copy)["css/portal.css"]["built"] != before


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


def test_twins_are_kept_for_ever_and_plain_files_are_asked_for_again(copy: Path, files: FlaskClient) -> None:
    built = json.loads((copy / BUILT / "manifest.json").read_text())["css/portal.css"]["built"]

    with (
        files.get(f"/static/{built}", headers={"Accept-Encoding": "gzip, br"}) as twin,
        files.get("/static/css/portal.css") as plain,
    ):
        pass

    assert (twin.status_code, twin.headers["Content-Encoding"]) == (200, "br")
    assert "immutable" in twin.headers["Cache-Control"]
    assert "max-age=0" in plain.headers["Cache-Control"]
    assert "immutable" not in plain.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "ending"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", ".br", id="brotli, as browsers ask over HTTPS"),
        pytest.param("gzip, deflate", "gzip", ".gz", id="gzip"),
        pytest.param("identity", None, "", id="neither"),
        pytest.param(None, None, "", id="nothing said"),
    ],
)
def test_a_twin_comes_as_the_browser_can_read_it(
    copy: Path, files: FlaskClient, accepted: str | None, encoding: str | None, ending: str
) -> None:
    built = json.loads((copy / BUILT / "manifest.json").read_text())["css/portal.css"]["built"]
    headers = {"Accept-Encoding": accepted} if accepted else {}

    with files.get(f"/static/{built}", headers=headers) as answer:
        sent = answer.data
    with files.get(f"/static/{built}", headers={**headers, "If-None-Match": answer.headers["ETag"]}) as again:
        pass

    assert sent == (copy / f"{built}{ending}").read_bytes()
    assert (answer.headers.get("Content-Encoding"), answer.headers["Vary"]) == (encoding, "Accept-Encoding")
    assert int(answer.headers["Content-Length"]) == len(sent)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert again.headers["Vary"] == "Accept-Encoding"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """static/ without the vendors' large files and without a build."""
    for name in ("css", "js", "img"):
        shutil.copytree(STATIC / name, tmp_path / name)
    (tmp_path / "vendor").mkdir()
    return tmp_path


@pytest.fixture
def files(copy: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser on the built files."""
    build(copy)
    monkeypatch.setattr("portal.static_files.STATIC", copy)
    app = Flask("files", static_folder=None)
    app.wsgi_app = serve_static(app.wsgi_app)  # type: ignore[method-assign]
    return app.test_client()
