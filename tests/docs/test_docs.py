"""The documents say what the program does."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from index import errors as index_errors
from index.verdict.ladder import MAX_BOXES, POLICY_VERSION
from index.verdict.reasons import REASONS
from index.verdict.telling import TELLING
from index.verdict.vocabulary import MatchKind
from registry.config import Settings
from registry.domain.roles import ROLE_PERMISSIONS, Role
from registry.errors import RegistryError
from registry.events import LedgerEvent, LogEvent, LogField
from registry.permissions import Permission
from registry.web import observing, problems
from registry.web.api import cases, checks, jobs, service
from registry.web.schemas.checks import CheckAnswered, ExplanationAnswered

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def leaves(error):
    for inner in error.__subclasses__():
        yield inner
        yield from leaves(inner)


def problem_codes():
    codes = {error.code for error in leaves(RegistryError)} | {RegistryError.code}
    codes |= {error.code for error in problems.INDEX_PROBLEMS}
    return sorted(codes | set(problems._HTTP_CODES.values()))


def test_every_problem_code_is_explained():
    """docs/errors.md has a row for each code that a client can get."""
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", text_of("docs/errors.md"), re.MULTILINE))
    assert set(problem_codes()) <= rows


def test_no_problem_code_is_explained_that_does_not_exist():
    """docs/errors.md has no row for a code that nobody gets."""
    table = text_of("docs/errors.md").split("Inside `errors`:")[0]
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
    assert rows <= set(problem_codes())


def test_every_error_of_media_and_codes_has_a_status():
    """Whatever `index` may raise about media or codes becomes a problem of its own."""
    kinds = (index_errors.MediaError, index_errors.InformationError, index_errors.CodeError)
    assert {leaf for kind in kinds for leaf in leaves(kind)} <= set(problems.INDEX_PROBLEMS)


def test_every_error_of_faces_is_a_503():
    """Faces that cannot be looked for are no statement about an upload, whichever way they fail."""
    errors = {index_errors.FaceError, *leaves(index_errors.FaceError)}
    assert {problems.INDEX_PROBLEMS[error][0] for error in errors} == {503}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name):
    """docs/operations.md names each setting."""
    assert f"`TAKEDOWN_{name.upper()}`" in text_of("docs/operations.md")


@pytest.mark.parametrize("member", [*Permission, *LedgerEvent, *LogEvent, *LogField, *Role], ids=str)
def test_every_name_of_the_tables_is_documented(member):
    """docs/operations.md names each permission, event, log field and role."""
    assert f"`{member.value}`" in text_of("docs/operations.md")


@pytest.mark.parametrize("role", [Role.PLATFORM, Role.AGENCY, Role.MONITOR], ids=str)
def test_roles_are_documented_as_they_are(role):
    """docs/operations.md lists exactly a role's permissions."""
    row = re.search(rf"^\| `{role.value}` \| (.*) \|$", text_of("docs/operations.md"), re.MULTILINE)
    assert set(re.findall(r"`([a-z:]+)`", row[1])) == {item.value for item in ROLE_PERMISSIONS[role]}


def test_the_table_of_reasons_is_that_of_the_code():
    """docs/api.md lists exactly the reasons of `index.verdict.reasons`, with their outcomes and meanings."""
    rows = [
        f"| `{reason.value}` | {' or '.join(outcome.value for outcome in row.outcomes)} | {row.meaning} |"
        for reason, row in REASONS.items()
    ]
    documented = text_of("docs/api.md").split("| reason | with | meaning |\n|---|---|---|\n")[1]
    assert documented.split("\n\n")[0].splitlines() == rows


def test_the_table_of_told_reasons_is_that_of_the_code():
    """docs/api.md lists the reasons of `index.verdict.telling`, in their order of precedence."""
    rows = [
        f"| `{reason.value}` | {' or '.join(outcome.value for outcome in row.outcomes)} | {row.meaning} |"
        for reason, row in TELLING.items()
    ]
    documented = text_of("docs/api.md").split("| told reason | with | meaning |\n|---|---|---|\n")[1]
    assert documented.split("\n\n")[0].splitlines() == rows


def test_the_explanation_shown_is_as_explanations_are():
    """docs/api.md shows every field of an explanation, of today's policy."""
    text = text_of("docs/api.md")
    shown = json.loads(re.findall(r"```json\n(\{\"check_id\".*?)```", text, re.DOTALL)[1])
    assert ExplanationAnswered.model_validate(shown).model_dump(mode="json") == shown
    assert shown["policy_version"] == POLICY_VERSION


@pytest.mark.parametrize("kind", MatchKind, ids=str)
def test_every_kind_of_match_is_documented(kind):
    """docs/api.md explains each kind of match."""
    assert f"| `{kind.value}` |" in text_of("docs/api.md")


def test_the_answer_shown_is_as_answers_are():
    """docs/api.md shows every field of an answer, of today's policy, and says how many boxes there may be."""
    text = text_of("docs/api.md")
    shown = json.loads(re.search(r"```json\n(\{\"check_id\".*?)```", text, re.DOTALL)[1])
    assert CheckAnswered.model_validate(shown).model_dump(mode="json") == shown
    assert shown["policy_version"] == POLICY_VERSION
    assert f"{MAX_BOXES} at most" in text


def test_every_metric_is_documented():
    """docs/operations.md names each metric."""
    source = Path(observing.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r'"(takedown_\w+)"', source))
    assert names
    assert all(f"`{name}`" in text_of("docs/operations.md").replace(" > 0`", "`") for name in names)


def test_every_endpoint_is_documented_with_its_permission(tmp_path):
    """docs/api.md has a row for each endpoint, with the permission that it states."""
    from flask import Flask  # noqa: PLC0415  only this test makes an application

    from registry.web.endpoints import statement_of  # noqa: PLC0415

    app = Flask("docs", static_folder=None)
    for module in (cases, checks, jobs, service):
        app.register_blueprint(module.blueprint)
    table = text_of("docs/api.md")
    wanted = []
    for rule in app.url_map.iter_rules():
        statement = statement_of(app.view_functions[rule.endpoint])
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        who = "everybody" if statement.permission is None else f"`{statement.permission.value}`"
        wanted += [f"| `{method} {path}` | {who} |" for method in rule.methods - {"HEAD", "OPTIONS"}]
    assert [row for row in wanted if row not in table] == []


def test_the_command_line_is_documented_as_it_is():
    """docs/cli.md is what the commands' help says."""
    command = [sys.executable, str(ROOT / "scripts" / "docs"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_links_between_documents_lead_somewhere():
    """No link of a document is dead, and no path that it names is missing."""
    for document in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_paths_of_documents_exist():
    """Each path of the repository that a document names in backticks is there."""
    named = re.compile(
        r"`((?:index(?!/[\w-]+-\d`)|registry|scripts|tests|docs)/[\w./-]*\w)`"
    )  # but for data folders
    for document in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for path in named.findall(document.read_text(encoding="utf-8")):
            if "NAME" not in path:  # what a recipe tells to make
                assert (ROOT / path).exists(), f"{document.name}: {path}"


def test_the_glossary_is_in_order():
    """A reader finds a word by its place in the alphabet, each word once."""
    words = re.findall(r"^\| \*\*(.+?)\*\* \| [A-Z`].*\. \|$", text_of("docs/glossary.md"), re.MULTILINE)
    assert len(words) == text_of("docs/glossary.md").count("\n| **")
    keys = [word.lower().replace("-", " ") for word in words]
    assert keys == sorted(set(keys))


def test_the_readme_begins_plainly():
    """The first sentence of the README says what this is in 25 words at most."""
    first = re.search(r"^# .+?\n\n(.+?\.)\s", text_of("README.md"), re.DOTALL)[1]
    assert len(first.split()) <= 25


def test_named_tests_exist():
    """docs/promises.md names tests that are there."""
    for path in re.findall(r"`(tests/[\w/.]+)`", text_of("docs/promises.md")):
        assert (ROOT / path).exists(), path


def test_every_decision_has_a_number_of_its_own():
    """Each page of docs/decisions begins with the number in its name, and no two share one."""
    pages = sorted(page for page in (DOCS / "decisions").glob("*.md") if page.name[0].isdigit())
    numbers = [int(page.name[:4]) for page in pages]
    assert len(numbers) == len(set(numbers))
    titled = [int(page.read_text(encoding="utf-8").removeprefix("# ").split(".")[0]) for page in pages]
    assert titled == numbers
