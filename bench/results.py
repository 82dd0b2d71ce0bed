"""What was found, kept as JSON, and compared with the run that was kept last."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import short
from bench.plan import Plan
from bench.tables import Finding, Table

RESULTS = Path(__file__).with_name("results")
KEPT = RESULTS / "kept.json"

Figures = dict[str, dict[str, float]]


def write_results(plan: Plan, findings: Mapping[str, Finding]) -> Path:
    """Everything of this run, in a file of its own."""
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    file = RESULTS / f"{at:%Y%m%dT%H%M%SZ}.json"
    raw = {name: finding.raw for name, finding in findings.items()}
    _write(file, {**_circumstances(plan, at), "figures": figures_of(findings), "raw": raw})
    return file


def keep(plan: Plan, findings: Mapping[str, Finding]) -> None:
    """Let the next runs be compared with this one. What it did not measure stays as it was."""
    RESULTS.mkdir(exist_ok=True)
    kept = _read()
    former = kept.get(_key(plan), {}).get("figures", {})
    kept[_key(plan)] = {**_circumstances(plan, datetime.now(UTC)), "figures": {**former, **figures_of(findings)}}
    _write(KEPT, kept)


def comparison(plan: Plan, findings: Mapping[str, Finding]) -> Table | None:
    """This run beside the kept one; None where there is none with the same rows on the same database."""
    kept = _read().get(_key(plan))
    if not kept:
        return None
    rows = compared(figures_of(findings), kept["figures"])
    title = f"Against the kept run of {kept['at'][:10]}"
    return Table(title=title, columns=("", "kept", "now", "change"), rows=rows) if rows else None


def compared(present: Figures, former: Figures) -> list[tuple[str, str, str, str]]:
    """A row for each figure that both runs have."""
    return [
        (f"{what} {name.replace('_', ' ')}", short(before), short(now), f"{now / before - 1:+.0%}" if before else "")
        for what, values in present.items()
        for name, now in values.items()
        if (before := former.get(what, {}).get(name)) is not None
    ]


def figures_of(findings: Mapping[str, Finding]) -> Figures:
    """The figures of all benchmarks together."""
    return {what: values for finding in findings.values() for what, values in finding.figures.items()}


def _circumstances(plan: Plan, at: datetime) -> dict[str, Any]:
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    return {"at": at.isoformat(timespec="seconds"), **machine, "plan": asdict(plan)}


def _key(plan: Plan) -> str:
    return f"{plan.database} {plan.rows}"


def _read() -> dict[str, Any]:
    return dict(json.loads(KEPT.read_text())) if KEPT.exists() else {}


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2) + "\n")
