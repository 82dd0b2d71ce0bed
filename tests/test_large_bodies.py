"""A body that no form needs is refused before it is read, whatever it is called and whoever sends it."""

import pytest
from flask import Flask

from tests.conftest import Cast
from tests.pages import Reader

FILE_IN_FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    + b"x" * 3 * 1024 * 1024
    + b"\r\n--edge--\r\n"
)


@pytest.mark.parametrize("path", ["/auth/sign-in", "/coach/programmes/new", "/notices/mail"])
def test_a_file_in_a_form_that_wants_none_is_too_much(app: Flask, cast: Cast, path: str) -> None:
    owner = Reader(app, cast.owner)

    answer = owner.client.post(path, data=FILE_IN_FORM, content_type="multipart/form-data; boundary=edge")

    assert answer.status_code == 413
    assert "That is too much at once" in answer.get_data(as_text=True)
