"""The ceiling: what Flask and gunicorn serve on this machine when there is nothing to do."""

from flask import Flask, Response

BODY = b"x" * 16 * 1024  # about as long as a page of the list

app = Flask(__name__)


@app.get("/")
def answer() -> Response:
    """Ready-made bytes."""
    return Response(BODY, mimetype="application/json")
