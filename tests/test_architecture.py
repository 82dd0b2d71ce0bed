"""The house rules: imports point down, commits stand where they may, every route has its guard, templates compile."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parent.parent

# Each layer may import from itself, where listed as such, and from every layer below it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("portal", "portal.start_checks", "portal.on_demand"),
    (
        *(
            "portal.account",
            "portal.admin",
            "portal.api",
            "portal.auth",
            "portal.catalogue",
            "portal.coach",
            "portal.webhooks",
        ),
        *(
            "portal.embed",
            "portal.bell",
            "portal.health",
            "portal.cli",
            "portal.commands.orphans",
            "portal.commands.signing",
            "portal.tasks",
            "portal.demo_accounts",
        ),
    ),
    (
        "portal.gate",
        "portal.errors",
        "portal.renewal",
        "portal.rate_limits",
        "portal.static_files",
        "portal.template_context",
        "portal.navigation",
        "portal.kept_pages",
    ),
    (
        "portal.people.account_fields",
        "portal.people.password_rules",
        "portal.people.account_deletion",
        "portal.people.email_change",
    ),
    ("portal.people.registration",),
    ("portal.people.password_reset",),
    ("portal.people.account_mails",),
    ("portal.people.account_links",),
    ("portal.uploading", "portal.asking", "portal.editing", "portal.embed_links"),
    (
        *(
            "portal.upkeep.reconcile",
            "portal.upkeep.discarding",
            "portal.upkeep.housekeeping",
            "portal.inbox",
            "portal.upkeep.signing_assets",
        ),
        "portal.concerned",
        *(
            "portal.mail.outbox",
            "portal.notices.digest",
            "portal.upkeep.orphans",
            "portal.upkeep.orphan_removal",
            "portal.upkeep.orphan_words",
        ),
        "portal.doctor",
    ),
    ("portal.upkeep.periodic",),
    ("portal.people.standing",),
    ("portal.people.membership_lists",),
    ("portal.people.memberships",),
    (
        "portal.lifecycle",
        "portal.access",
        "portal.people.accounts",
        "portal.people.sessions",
        "portal.people.token_families",
    ),
    ("portal.notices.telling", "portal.notices.words"),
    ("portal.form_checks",),
    ("portal.models", "portal.mux", "portal.mail.transport"),
    (
        *(
            "portal.config",
            "portal.environ",
            "portal.provider_settings",
            "portal.people.device",
            "portal.extensions",
            "portal.formatting",
            "portal.clock",
            "portal.request_body",
        ),
        *(
            "portal.readiness",
            "portal.webhook_refusals",
            "portal.logs",
            "portal.headers",
            "portal.sqlite",
            "portal.slow_queries",
            "portal.sqlite_queue",
            "portal.postgresql",
            "portal.connections",
            "portal.addresses",
            "portal.direct_route",
            "portal.form_tokens",
            "portal.session_cookies",
            "portal.bare_select",
            "portal.prepared",
            "portal.bare_connections",
            "portal.bare_write",
            "portal.gathered_select",
            "portal.gathering",
            "portal.compiled",
            "portal.session_connection",
            "portal.stamp",
            "portal.kept",
            "portal.json_provider",
            "portal.conditional",
            "portal.transactions",
            "portal.nudge",
            "portal.static_build",
        ),
    ),
)
MAY_COMMIT = (
    *(
        "portal/uploading.py",
        "portal/asking.py",
        "portal/upkeep/reconcile.py",
        "portal/upkeep/discarding.py",
    ),  # around calls to Mux
    *(
        "portal/upkeep/signing_assets.py",
        "portal/upkeep/housekeeping.py",
        "portal/upkeep/periodic.py",
        "portal/cli.py",
        "portal/mail/outbox.py",
        "portal/notices/digest.py",
    ),
    *(
        "portal/upkeep/orphans.py",
        "portal/commands/orphans.py",
        "portal/admin/orphans.py",
        "portal/doctor/examination.py",
    ),
    *("portal/sqlite.py", "portal/bare_connections.py"),  # they are told to
    "portal/webhooks/reception.py",
    *("portal/account/deletion.py", "portal/account/email.py", "portal/admin/invitations.py"),
    *("portal/auth/invitations.py", "portal/auth/password_reset.py", "portal/auth/registration.py"),
    *("portal/admin/events.py", "portal/admin/people.py", "portal/api/provider_accounts.py"),
    *("portal/admin/memberships.py", "portal/admin/membership_lists.py", "portal/api/memberships.py"),
    *(f"portal/{name}/views.py" for name in ("account", "api", "auth", "bell", "catalogue", "coach")),
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
