"""Withdrawn means gone: one selectable says "active", and every confirming query is built on it."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.sql import visitors

import registry
from index.verdict.vocabulary import ReferenceKind
from registry.domain.family import Family
from registry.ports import Candidates
from registry.storage.codes.families import FAMILIES
from registry.storage.schema.active import active_references
from tests.support.databases.registry_parts import a_case, a_reference, digest, pdq

ROOT = Path(registry.__file__).parent
ONLY_PLACE = ROOT / "storage" / "schema" / "active.py"
OTHER_STATES = {"challenges", "jobs", "mandates", "takedowns"}
"""Tables with a column `state` that is not a case's."""

ELSEWHERE = {
    "storage/rows/quarantines.py",  # what a person is to look at: it confirms no match
    "storage/schema/mandate_tables.py",  # the condition of an index on a mandate's own state
}
"""Modules that read another state in a form that `_reads_state` cannot tell from a case's."""

_SQL = re.compile(r"\bstate\b\s*(=|<>|!=|in\b|is\b|like\b)", re.IGNORECASE)


def _reads_state(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="ACTIVE" | "WITHDRAWN", value=value):
            return ast.unparse(value).endswith("CaseState")
        case ast.Attribute(attr="state"):
            table, _, column = ast.unparse(node).partition(".c.")
            return bool(column) and table not in OTHER_STATES
        case ast.Subscript(slice=ast.Constant(value="state")):
            return True
        case ast.Constant(value=str(text)):
            return _SQL.search(text) is not None
    return False


def _predicates(source: str) -> list[int]:
    """Return the lines that read a case's state in SQL: by the column, by a state's value, or as text."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if _reads_state(node)]


def test_one_place_says_active():
    """No other module of the storage layer compares a case's state."""
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / "storage").rglob("*.py"))
        if "migrations" not in path.parts  # these run once, before anything is asked
        and (lines := _predicates(path.read_text(encoding="utf-8")))
    }
    assert set(found) == {str(ONLY_PLACE.relative_to(ROOT)), *ELSEWHERE}


@pytest.mark.parametrize(
    "planted",
    [
        "query.where(cases.c.state == 'active')",
        "query.where(alias.c.state != other)",
        "query.where(row.state == CaseState.ACTIVE.value)",
        "query.where(cases.c['state'] == 'active')",
        "text('SELECT 1 FROM cases WHERE state = :state')",
    ],
)
def test_a_second_place_is_found(planted):
    """The test above sees a predicate however it is written."""
    assert _predicates(planted) == [1]


def test_a_jobs_state_is_no_predicate():
    """Jobs have states of their own."""
    assert _predicates("query.where(jobs.c.state == JobState.WAITING.value)") == []


QUERIES = {
    "confirm": lambda candidates: [
        candidates.confirm([1], None),
        candidates.confirm([1, 2], None),
        candidates.confirm([], bytes(32)),
        candidates.confirm([1], bytes(32)),
    ],
    "active": lambda candidates: [candidates.active(["ref_1"])],
    "rank_codes": lambda candidates: [candidates.rank_codes([1])],
    "rank_references": lambda candidates: [candidates.rank_references([1])],
    "confirm_pictures": lambda candidates: [candidates.confirm_pictures([1], Family.ANCHORED)],
    "confirm_key_frames": lambda candidates: [candidates.confirm_key_frames([1], Family.FRAMES)],
    "confirm_faces": lambda candidates: [candidates.confirm_faces([1], Family.faces("engine", 4))],
}
"""How each method of the port `Candidates` that confirms is called; it returns one result for each query."""


def _executed(databases, act):
    """Return the statements that an action executes, as SQLAlchemy's own objects and as text."""
    clauses, texts = [], []

    def clause(_connection, element, *_rest):
        clauses.append(element)

    def text(_connection, _cursor, statement, *_rest):
        texts.append(statement)

    engine = databases.registry.engine
    event.listen(engine, "before_execute", clause)
    event.listen(engine, "before_cursor_execute", text)
    try:
        act()
    finally:
        event.remove(engine, "before_execute", clause)
        event.remove(engine, "before_cursor_execute", text)
    return clauses, [one for one in texts if one.startswith("SELECT")]


def _require_active(clauses, texts):
    assert clauses
    for clause in clauses:
        assert any(element is active_references for element in visitors.iterate(clause))
    for text in texts:
        assert text.count("AS active_references") == 1
        assert (
            text.count(".state IN ") == 4
        )  # of case and reference: whether it matches, and whether it is disputed


def test_every_confirming_method_is_listed():
    """A new method of the port must be listed here, or tell that it confirms nothing."""
    methods = {name for name, _ in inspect.getmembers(Candidates, inspect.isfunction) if name[0] != "_"}
    assert methods - set(QUERIES) == {"template_counts", "standing"}


@pytest.mark.parametrize("method", QUERIES)
def test_every_confirmation_reads_active_references(databases, method):
    """Whatever an index proposes is read from the references of active cases."""
    results = []
    clauses, texts = _executed(databases, lambda: results.extend(QUERIES[method](databases.candidates())))
    assert len(results) == len(clauses) == len(texts)
    _require_active(clauses, texts)


@pytest.mark.parametrize(
    "act",
    [
        lambda references, case: references.find_equal(a_reference(case, digest(1), pdq(1)), in_case=None),
        lambda references, case: references.find_equal(a_reference(case, pdq(1)), in_case=case.id),
        lambda references, case: references.known(case.tenant_id, ReferenceKind.LIKENESS, [pdq(1)]),
    ],
    ids=["find_equal", "find_equal in a case", "known"],
)
def test_what_is_registered_already_is_active(databases, act):
    """Media of a withdrawn case alone is no duplicate: it can be registered again."""
    with databases.units.read() as unit:
        clauses, texts = _executed(databases, lambda: act(unit.references, a_case()))
    reading = [clause for clause in clauses if getattr(clause, "is_select", False)]
    _require_active(reading, [text for text in texts if "pg_advisory" not in text])


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: type(family).__name__)
def test_every_family_confirms_by_active_references(family):
    """Whatever families there are, the queries that confirm their codes read nothing else of cases."""
    assert family.confirming
    for query in family.confirming:
        _require_active([query], [str(query)])
