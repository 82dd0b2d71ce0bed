"""A second start of the demo takes seconds: nothing heavy is done twice, or done that is done already."""

import pytest

from tests.test_architecture import ROOT, imports_of


@pytest.mark.parametrize("name", ["welcome", "samples"])
def test_who_greets_does_not_load_the_portal_once_more(name: str) -> None:
    imported = list(imports_of(ROOT / "demo" / f"{name}.py"))

    assert [module for module in imported if module.split(".")[0] == "portal"] == []
