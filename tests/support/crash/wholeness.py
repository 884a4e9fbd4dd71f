"""Find incomplete acts in a registry's database by plain SQL, without the code under test."""

import sqlite3

_HALVES = {
    "a reference without its three codes, though its case stands": """
        SELECT r.id FROM case_references r JOIN cases c ON c.id = r.case_id
        WHERE c.withdrawn_at IS NULL AND (SELECT count(*) FROM codes WHERE reference_key = r.key) != 3
    """,
    "a code left over in a withdrawn case": """
        SELECT k.id FROM codes k JOIN case_references r ON r.key = k.reference_key
        JOIN cases c ON c.id = r.case_id WHERE c.withdrawn_at IS NOT NULL
    """,
    "a code of no reference": "SELECT id FROM codes WHERE reference_key NOT IN (SELECT key FROM case_references)",
    "a reference of no case": "SELECT id FROM case_references WHERE case_id NOT IN (SELECT id FROM cases)",
    "a searched code without exactly one addition in the change log": """
        SELECT id FROM codes WHERE searched
        AND (SELECT count(*) FROM changes WHERE family = 'pdq-1' AND code_id = codes.id AND added) != 1
    """,
    "a searched code that the change log removes": """
        SELECT id FROM codes WHERE id IN (SELECT code_id FROM changes WHERE family = 'pdq-1' AND NOT added)
    """,
    "a code that is gone without a removal in the change log": """
        SELECT code_id FROM changes WHERE family = 'pdq-1' AND code_id NOT IN (SELECT id FROM codes)
        AND code_id NOT IN (SELECT code_id FROM changes WHERE family = 'pdq-1' AND NOT added)
    """,
    "a reference without its windows, though its case stands": """
        SELECT r.id FROM case_references r JOIN cases c ON c.id = r.case_id
        WHERE c.withdrawn_at IS NULL AND r.key NOT IN (SELECT reference_key FROM anchored_windows)
    """,
    "windows left over in a withdrawn case": """
        SELECT w.reference_key FROM anchored_windows w JOIN case_references r ON r.key = w.reference_key
        JOIN cases c ON c.id = r.case_id WHERE c.withdrawn_at IS NOT NULL
    """,
    "windows without exactly one addition in the change log": """
        SELECT reference_key FROM anchored_windows WHERE
        (SELECT count(*) FROM changes WHERE family = 'anchored-1' AND code_id = reference_key AND added) != 1
    """,
    "windows that the change log removes": """
        SELECT reference_key FROM anchored_windows
        WHERE reference_key IN (SELECT code_id FROM changes WHERE family = 'anchored-1' AND NOT added)
    """,
    "windows that are gone without a removal in the change log": """
        SELECT code_id FROM changes WHERE family = 'anchored-1'
        AND code_id NOT IN (SELECT reference_key FROM anchored_windows)
        AND code_id NOT IN (SELECT code_id FROM changes WHERE family = 'anchored-1' AND NOT added)
    """,
    "a change of a family that was not noted": """
        SELECT family FROM changes WHERE family NOT IN (SELECT name FROM code_families)
    """,
    "a withdrawn case that does not wait for the last of its removals": """
        SELECT id FROM cases c WHERE withdrawn_at IS NOT NULL AND removal_id != (
            SELECT max(k.id) FROM changes k JOIN case_references r ON r.key = k.code_id
            WHERE k.family = 'anchored-1' AND NOT k.added AND r.case_id = c.id
        )
    """,
    "a change without a number": "SELECT id FROM changes WHERE position IS NULL",
    "numbers with a gap": """
        SELECT count(*) FROM changes HAVING count(*) != coalesce(max(position), 0)
    """,
    "fewer or more additions than references ever enrolled": """
        SELECT 1 FROM (SELECT 'pdq-1' AS family UNION SELECT 'anchored-1') AS f
        WHERE (SELECT count(*) FROM changes WHERE added AND changes.family = f.family)
        != (SELECT count(*) FROM case_references)
    """,
    "a reference without exactly one ledger entry": """
        SELECT id FROM case_references r WHERE (
            SELECT count(*) FROM ledger_entries WHERE event = 'reference.enrolled'
            AND reference_id = r.id AND case_id = r.case_id AND tenant_id = r.tenant_id
        ) != 1
    """,
    "a ledger entry of no reference": """
        SELECT number FROM ledger_entries WHERE event = 'reference.enrolled'
        AND reference_id NOT IN (SELECT id FROM case_references)
    """,
    "a case without exactly one ledger entry of its opening": """
        SELECT id FROM cases c WHERE (
            SELECT count(*) FROM ledger_entries WHERE event = 'case.opened' AND case_id = c.id
        ) != 1
    """,
    "a ledger entry of no case": """
        SELECT number FROM ledger_entries WHERE event LIKE 'case.%' AND case_id NOT IN (SELECT id FROM cases)
    """,
    "a case whose state, time and ledger disagree about its withdrawal": """
        SELECT id FROM cases c WHERE (state IN ('withdrawn', 'erasing', 'erased')) != (withdrawn_at IS NOT NULL)
        OR (state IN ('withdrawn', 'erasing', 'erased')) != (
            SELECT count(*) = 1 FROM ledger_entries WHERE event = 'case.withdrawn' AND case_id = c.id
        )
    """,
    "a case without a reference, which nobody opened here": """
        SELECT id FROM cases WHERE id NOT IN (SELECT case_id FROM case_references)
    """,
    "a key that points nowhere": "PRAGMA foreign_key_check",
    "a damaged page or index": "SELECT * FROM pragma_integrity_check WHERE integrity_check != 'ok'",
}


def halves(path: str) -> dict[str, list[tuple[object, ...]]]:
    """Returns what is half there, by what is wrong with it; nothing where all is whole."""
    connection = sqlite3.connect(path)
    try:
        found = {name: connection.execute(query).fetchall() for name, query in _HALVES.items()}
    finally:
        connection.close()
    return {name: rows for name, rows in found.items() if rows}


def missing_acts(path: str, told: list[str]) -> list[str]:
    """Returns the acknowledged acts that are not in the database, with their receipts."""
    connection = sqlite3.connect(path)
    ledger = set(
        connection.execute(
            "SELECT event, case_id, coalesce(reference_id, ''), hex(digest) FROM ledger_entries"
        )
    )
    connection.close()
    events = {"enrolled": "reference.enrolled", "withdrawn": "case.withdrawn"}
    missing = []
    for line in told:
        act, case, *rest = line.split()
        if act == "withdrawing":
            continue
        reference, receipt = rest if act == "enrolled" else ("", *rest)
        if (events[act], case, reference, receipt.upper()) not in ledger:
            missing.append(line)
    return missing
