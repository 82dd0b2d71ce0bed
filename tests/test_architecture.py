"""The house rules: imports point down, commits stand where they may, every route has its guard, templates compile."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parent.parent

# Each layer may import from itself, but blueprints never from each other, and from every layer below it.
LAYERS: tuple[tuple[str, ...], ...] = (
    (  # what puts the application together
        "portal",
        "portal.on_demand",
        "portal.start_checks",
    ),
    (  # what is visited, called, or run
        "portal.account",
        "portal.admin",
        "portal.api",
        "portal.auth",
        "portal.bell",
        "portal.catalogue",
        "portal.cli",
        "portal.coach",
        "portal.commands.orphans",
        "portal.commands.signing",
        "portal.demo_accounts",
        "portal.embed",
        "portal.health",
        "portal.tasks",
        "portal.webhooks",
    ),
    (  # what all pages have in common
        "portal.errors",
        "portal.gate",
        "portal.kept_pages",
        "portal.navigation",
        "portal.rate_limits",
        "portal.renewal",
        "portal.static_files",
        "portal.template_context",
    ),
    (  # accounts, and the mails about them
        "portal.people.account_deletion",
        "portal.people.account_fields",
        "portal.people.email_change",
        "portal.people.password_rules",
    ),
    ("portal.people.registration",),
    ("portal.people.password_reset",),
    ("portal.people.account_mails",),
    ("portal.people.account_links",),
    (  # what asks Mux between two transactions
        "portal.asking",
        "portal.editing",
        "portal.embed_links",
        "portal.uploading",
    ),
    (  # what comes from Mux, and what the worker does
        "portal.concerned",
        "portal.doctor",
        "portal.inbox",
        "portal.mail.outbox",
        "portal.notices.digest",
        "portal.upkeep.discarding",
        "portal.upkeep.housekeeping",
        "portal.upkeep.orphan_removal",
        "portal.upkeep.orphan_words",
        "portal.upkeep.orphans",
        "portal.upkeep.reconcile",
        "portal.upkeep.signing_assets",
    ),
    ("portal.upkeep.periodic",),
    ("portal.people.standing",),
    ("portal.people.membership_lists",),
    ("portal.people.memberships",),
    (  # the rules
        "portal.access",
        "portal.lifecycle",
        "portal.people.accounts",
        "portal.people.sessions",
        "portal.people.token_families",
    ),
    (
        "portal.notices.telling",
        "portal.notices.words",
    ),
    ("portal.form_checks",),
    (  # what they are about
        "portal.mail.transport",
        "portal.models",
        "portal.mux",
    ),
    ("portal.database",),
    (  # what knows nothing of programmes
        "portal.addresses",
        "portal.clock",
        "portal.conditional",
        "portal.config",
        "portal.direct_route",
        "portal.environ",
        "portal.extensions",
        "portal.form_tokens",
        "portal.formatting",
        "portal.headers",
        "portal.json_provider",
        "portal.kept",
        "portal.logs",
        "portal.nudge",
        "portal.people.device",
        "portal.provider_settings",
        "portal.readiness",
        "portal.request_body",
        "portal.session_cookies",
        "portal.static_build",
        "portal.webhook_refusals",
    ),
)
MAY_COMMIT = (
    "portal/account/deletion.py",
    "portal/account/email.py",
    "portal/account/views.py",
    "portal/admin/events.py",
    "portal/admin/invitations.py",
    "portal/admin/membership_lists.py",
    "portal/admin/memberships.py",
    "portal/admin/orphans.py",
    "portal/admin/people.py",
    "portal/api/memberships.py",
    "portal/api/provider_accounts.py",
    "portal/api/views.py",
    "portal/auth/invitations.py",
    "portal/auth/password_reset.py",
    "portal/auth/registration.py",
    "portal/auth/views.py",
    "portal/bell/views.py",
    "portal/catalogue/views.py",
    "portal/coach/views.py",
    "portal/webhooks/reception.py",
    # by hand, or by the worker
    "portal/cli.py",
    "portal/commands/orphans.py",
    "portal/doctor/examination.py",
    "portal/mail/outbox.py",
    "portal/notices/digest.py",
    "portal/upkeep/housekeeping.py",
    "portal/upkeep/orphans.py",
    "portal/upkeep/periodic.py",
    "portal/upkeep/signing_assets.py",
    # around calls to Mux
    "portal/asking.py",
    "portal/upkeep/discarding.py",
    "portal/upkeep/reconcile.py",
    "portal/uploading.py",
    # as they are told to
    "portal/database/bare_connections.py",
    "portal/database/sqlite.py",
)
BLUEPRINTS = frozenset({"account", "admin", "api", "auth", "bell", "catalogue", "coach", "embed", "webhooks"})


def python_files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> int:
    """The position of the layer that names the module or the package it is in."""
    found = [
        (len(name), index)
        for index, layer in enumerate(LAYERS)
        for name in layer
        if module == name or (name != "portal" and module.startswith(f"{name}."))
    ]
    assert found, f"{module} stands in no layer: add it to LAYERS where it belongs"
    return max(found)[1]


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("file", python_files("portal"), ids=module_of)
def test_imports_point_down(file: Path) -> None:
    own = module_of(file)
    for imported in imports_of(file):
        if imported.partition(".")[0] != "portal":
            continue
        same_package = imported.split(".")[:2] == own.split(".")[:2]
        is_below = layer_of(imported) > layer_of(own)
        is_level_and_no_blueprint = layer_of(imported) == layer_of(own) and not (
            {*imported.split(".")[1:2], *own.split(".")[1:2]} & BLUEPRINTS
        )
        assert same_package or is_below or is_level_and_no_blueprint, f"{own} imports {imported}"


@pytest.mark.parametrize("file", python_files("portal", "local_mux", "demo"), ids=module_of)
def test_no_import_stands_inside_a_function(file: Path) -> None:
    for function in ast.walk(tree_of(file)):
        if isinstance(function, ast.FunctionDef):
            inside = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
            assert inside == [], f"{file.name}:{inside}"


def test_modules_are_loaded_late_in_one_place_alone() -> None:
    late = {module_of(file) for file in python_files("portal") if "importlib" in set(imports_of(file))}
    assert late == {"portal.on_demand"}


def test_the_portal_and_the_local_mux_meet_over_http_only() -> None:
    for folder, foreign in (("portal", "local_mux"), ("local_mux", "portal")):
        for file in python_files(folder):
            assert foreign not in {name.partition(".")[0] for name in imports_of(file)}, file


def test_only_the_gateway_imports_the_sdk() -> None:
    importers = {module_of(file) for file in python_files("portal") if "mux_python" in set(imports_of(file))}
    assert importers == {"portal.mux.gateway"}


def test_mux_knows_no_tables_and_models_know_no_mux() -> None:
    for folder, foreign in (("portal/mux", "portal.models"), ("portal/models", "portal.mux")):
        for file in python_files(folder):
            assert not [name for name in imports_of(file) if name.startswith(foreign)], file


def test_only_views_tasks_commands_and_what_calls_mux_commit() -> None:
    for file in python_files("portal"):
        named = {node.attr for node in ast.walk(tree_of(file)) if isinstance(node, ast.Attribute)}
        assert not named & {"commit", "writing"} or str(file.relative_to(ROOT)) in MAY_COMMIT, file


def test_a_status_is_assigned_in_the_lifecycle_alone() -> None:
    for file in python_files("portal"):
        if file.parent.name == "lifecycle":
            continue
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Assign):
                targets = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
                assert not {"status", "is_published", "superseded_at", "deleted_at"} & set(targets), (
                    f"{file}:{node.lineno}"
                )


def test_blueprints_are_known_to_create_app_alone() -> None:
    for file in python_files("portal"):
        own = module_of(file)
        if own == "portal":
            continue
        for imported in imports_of(file):
            package = imported.split(".")[1] if imported.startswith("portal.") else ""
            assert package not in BLUEPRINTS or own.split(".")[1] == package, f"{own} imports {imported}"


def test_files_stay_short_enough_to_read() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in python_files("portal", "local_mux", "demo")
        if (lines := len(file.read_text().splitlines())) > 300
    }
    assert long == {}


def test_every_template_compiles(app: Flask) -> None:
    names = app.jinja_env.list_templates()
    assert names
    for name in names:
        app.jinja_env.get_template(name)
