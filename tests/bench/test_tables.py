"""Tables for a terminal."""

from bench.tables import Table


def test_figures_stand_to_the_right_under_their_headings() -> None:
    table = Table(
        title="Routes", columns=("", "requests/s"), rows=[("list", "86.1"), ("a long name", "1,240")], notes=["Noisy."]
    )

    assert str(table).splitlines() == [
        "",
        "Routes",
        "             requests/s",
        "───────────  ──────────",
        "list               86.1",
        "a long name       1,240",
        "  Noisy.",
    ]


def test_a_table_may_be_empty() -> None:
    assert str(Table(title="None", columns=("a", "b"), rows=[])).splitlines()[1:] == ["None", "a  b", "─  ─"]
