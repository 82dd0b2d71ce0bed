"""The doctor's page: everything is looked at when it is opened."""

from collections import Counter

from flask import render_template

from portal.admin.views import admin
from portal.admin.words import LEVEL_WORDS
from portal.doctor.examination import examine
from portal.doctor.findings import Level


@admin.get("/doctor")
def show_doctor() -> str:
    """The worst first, and among equals in the order in which they were looked at."""
    findings = examine()
    levels = [Level.BROKEN, Level.LOOK, Level.FINE]
    return render_template(
        "admin/show_doctor.html",
        findings=sorted(findings, key=lambda finding: levels.index(finding.level)),
        counts=Counter(finding.level for finding in findings),
        words=LEVEL_WORDS,
    )
