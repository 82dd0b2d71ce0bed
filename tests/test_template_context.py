"""What templates may use without a view handing it in."""

from flask import Flask


def test_all_templates_have_the_same_globals(app: Flask) -> None:
    page = app.jinja_env.get_template("catalogue/watch.html")
    assert page.globals is app.jinja_env.globals


def test_globals_of_one_template_stay_its_own(app: Flask) -> None:
    alone = app.jinja_env.from_string("{{ weather }} {{ is_real_mux }}", globals={"weather": "calm"})

    assert alone.render() == "calm False"
    assert "weather" not in app.jinja_env.globals
