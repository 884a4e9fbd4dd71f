"""Every use case refuses an actor who lacks its permission before it touches any port."""

import importlib
import inspect
import pkgutil
from dataclasses import replace

import pytest

import registry.usecases
from index.verdict.vocabulary import Level
from registry.domain.break_glass import GlassReason
from registry.domain.challenges import ChallengeReason, DecisionOutcome
from registry.domain.check import DecisionKind
from registry.domain.consent import ConsentPurpose, Language
from registry.domain.job import JobKind, Spooled
from registry.domain.roles import ROLE_PERMISSIONS, Actor, Role
from registry.domain.takedowns import TakedownEvent
from registry.domain.verification import EvidenceKind
from registry.errors import NotPermitted
from registry.matching.question import CodeQuestion
from registry.permissions import Permission
from registry.ports import CheckFilter
from registry.usecases.benign.adding import add_benign
from registry.usecases.benign.listing import list_benign
from registry.usecases.benign.removing import remove_benign
from registry.usecases.cases.breaking_glass import break_glass, read_by_grant
from registry.usecases.cases.expiring import renew_case
from registry.usecases.cases.exporting import export_case
from registry.usecases.cases.labelling import label_case, unlabel_case
from registry.usecases.cases.linking import link_cases, list_links, unlink_cases
from registry.usecases.cases.listing import list_cases
from registry.usecases.cases.opening import open_case
from registry.usecases.cases.reading import read_case
from registry.usecases.cases.reading_erasure import read_erasure
from registry.usecases.cases.retaining import list_notices
from registry.usecases.cases.suspending import (
    ResumptionReason,
    SuspensionReason,
    resume_case,
    suspend_case,
)
from registry.usecases.cases.verifying import Statement, cases_below, verify_case
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.cases.withdrawing_consent import list_consents, withdraw_consent
from registry.usecases.challenges.challenging import challenge_case
from registry.usecases.challenges.challenging_checks import challenge_check
from registry.usecases.challenges.clearing import clear_reference
from registry.usecases.challenges.deciding import Statement as ChallengeStatement
from registry.usecases.challenges.deciding import decide_challenge
from registry.usecases.challenges.listing import list_challenges
from registry.usecases.checks import CheckServices, check_upload
from registry.usecases.checks.clips import check_clip
from registry.usecases.checks.deciding import record_decision
from registry.usecases.checks.explaining import explain_check
from registry.usecases.checks.listing import label_check, list_checks, unlabel_check
from registry.usecases.checks.reading import read_check
from registry.usecases.claims.contacting import keep_contact, read_contact
from registry.usecases.claims.following import follow_claim
from registry.usecases.claims.recovering import replace_secret
from registry.usecases.credentials.creating import Wanted, create_credential
from registry.usecases.credentials.listing import list_credentials
from registry.usecases.credentials.quotas import read_quota, set_quota
from registry.usecases.credentials.revoking import revoke_credential
from registry.usecases.enrolment.bulk import bulk_enrol
from registry.usecases.enrolment.enrolling import enrol
from registry.usecases.jobs.cancelling import cancel_job
from registry.usecases.jobs.reading import read_job
from registry.usecases.jobs.submitting import submit_job
from registry.usecases.judging.clearing import clear_quarantine
from registry.usecases.judging.listing import list_quarantined
from registry.usecases.ledger.checkpointing import publish_checkpoint
from registry.usecases.ledger.proving import prove_consistency, prove_receipt
from registry.usecases.ledger.verifying import verify_ledger
from registry.usecases.mandates.confirming import confirm_mandate
from registry.usecases.mandates.listing import list_expiring_mandates, list_mandates
from registry.usecases.mandates.proposing import propose_mandate
from registry.usecases.mandates.revoking import revoke_mandate
from registry.usecases.operations.probing import clear_probing, report_probing
from registry.usecases.operations.rotating import rotate_face_keys
from registry.usecases.takedowns import (
    EventAsked,
    TakedownsWanted,
    list_takedowns,
    open_takedown,
    read_takedown,
    record_takedown_event,
)
from tests.support.asked import asked_of
from tests.support.databases.registry_parts import FRANK, NOW, draft
from tests.support.takedowns import RULES
from tests.support.takedowns import asked as takedown_asked
from tests.support.usecases.fakes import Untouchable

NO = Untouchable()
PORTS = {"units": NO, "environment": NO}
SERVICES = CheckServices(index=NO, candidates=NO, checks=NO, budget=NO, environment=NO)
STATEMENT = Statement(level=Level.V1, evidence=EvidenceKind.CONTACT_CONFIRMED)
WHY = ChallengeReason.NOT_AGREED
STANDS = ChallengeStatement(outcome=DecisionOutcome.UPHOLD)
SPOOLED = Spooled(name="spl_1", machine_id="mac_1", size=1, key=bytes(32))


def submit(who, kind, **asked):
    return submit_job(asked_of(kind, SPOOLED, **asked), actor=who, **PORTS)


ACTS = {
    "add_benign": (Permission.BENIGN_MANAGE, lambda who: add_benign(NO, "", actor=who, **PORTS)),
    "list_benign": (Permission.BENIGN_MANAGE, lambda who: list_benign(actor=who, units=NO)),
    "remove_benign": (Permission.BENIGN_MANAGE, lambda who: remove_benign("ben_1", actor=who, **PORTS)),
    "list_quarantined": (Permission.QUARANTINE_MANAGE, lambda who: list_quarantined(actor=who, units=NO)),
    "clear_quarantine": (
        Permission.QUARANTINE_MANAGE,
        lambda who: clear_quarantine("ref_1", actor=who, **PORTS),
    ),
    "open_case": (Permission.CASE_CREATE, lambda who: open_case(Level.V0, None, actor=who, **PORTS)),
    "verify_case": (
        Permission.CASE_VERIFY,
        lambda who: verify_case("case_1", STATEMENT, actor=who, **PORTS),
    ),
    "verify_case of any tenant": (
        Permission.CASE_VERIFY_ANY,
        lambda who: verify_case("case_1", STATEMENT, actor=who, any_tenant=True, **PORTS),
    ),
    "cases_below": (
        Permission.CASE_VERIFY_ANY,
        lambda who: list(cases_below("ten_1", Level.V1, actor=who, units=NO)),
    ),
    "challenge_case": (
        Permission.CASE_CHALLENGE,
        lambda who: challenge_case("case_1", WHY, actor=who, **PORTS),
    ),
    "challenge_check": (
        Permission.CASE_CHALLENGE,
        lambda who: challenge_check("chk_1", WHY, actor=who, checks=NO, **PORTS),
    ),
    "decide_challenge": (
        Permission.CASE_DECIDE,
        lambda who: decide_challenge("chg_1", STANDS, actor=who, **PORTS),
    ),
    "decide_challenge of any tenant": (
        Permission.CASE_DECIDE_ANY,
        lambda who: decide_challenge("chg_1", STANDS, actor=who, any_tenant=True, **PORTS),
    ),
    "list_challenges": (Permission.CASE_DECIDE, lambda who: list_challenges(None, actor=who, units=NO)),
    "list_challenges of any tenant": (
        Permission.CASE_DECIDE_ANY,
        lambda who: list_challenges(None, actor=who, units=NO, any_tenant=True),
    ),
    "clear_reference": (
        Permission.CASE_DECIDE,
        lambda who: clear_reference("ref_1", actor=who, **PORTS),
    ),
    "suspend_case": (
        Permission.CASE_SUSPEND,
        lambda who: suspend_case("case_1", SuspensionReason.ABUSE, actor=who, **PORTS),
    ),
    "resume_case": (
        Permission.CASE_SUSPEND,
        lambda who: resume_case("case_1", ResumptionReason.MISTAKE, actor=who, **PORTS),
    ),
    "renew_case": (Permission.CASE_VERIFY, lambda who: renew_case("case_1", actor=who, **PORTS)),
    "list_cases": (Permission.CASE_LIST, lambda who: list_cases(None, 10, actor=who, units=NO)),
    "open_case with media": (
        Permission.REFERENCE_CREATE,
        lambda who: open_case(Level.V0, draft(1), actor=who, **PORTS),
    ),
    "enrol": (Permission.REFERENCE_CREATE, lambda who: enrol("case_1", draft(1), actor=who, **PORTS)),
    "bulk_enrol": (
        Permission.REFERENCE_CREATE,
        lambda who: bulk_enrol("case_1", [draft(1)], actor=who, **PORTS),
    ),
    "read_quota": (
        Permission.CREDENTIAL_MANAGE,
        lambda who: read_quota("ten_1", actor=who, units=NO),
    ),
    "set_quota": (
        Permission.CREDENTIAL_MANAGE,
        lambda who: set_quota("ten_1", {}, actor=who, units=NO),
    ),
    "withdraw": (Permission.CASE_WITHDRAW, lambda who: withdraw("case_1", actor=who, **PORTS)),
    "list_notices": (Permission.CASE_LIST, lambda who: list_notices(actor=who, units=NO)),
    "read_erasure": (Permission.CASE_EXPORT, lambda who: read_erasure("case_1", actor=who, units=NO)),
    "export_case": (Permission.CASE_EXPORT, lambda who: export_case("case_1", actor=who, units=NO)),
    "propose_mandate": (
        Permission.CASE_CREATE,
        lambda who: propose_mandate("case_1", NO, NO, actor=who, **PORTS),
    ),
    "confirm_mandate": (
        Permission.CASE_VERIFY,
        lambda who: confirm_mandate("man_1", Language.EN, actor=who, digest=NO, **PORTS),
    ),
    "revoke_mandate": (Permission.CASE_WITHDRAW, lambda who: revoke_mandate("man_1", actor=who, **PORTS)),
    "list_mandates": (Permission.CASE_READ, lambda who: list_mandates("case_1", actor=who, units=NO)),
    "list_expiring_mandates": (
        Permission.CASE_LIST,
        lambda who: list_expiring_mandates(NOW, actor=who, units=NO),
    ),
    "list_consents": (Permission.CASE_READ, lambda who: list_consents("case_1", actor=who, units=NO)),
    "withdraw_consent": (
        Permission.CASE_WITHDRAW,
        lambda who: withdraw_consent("case_1", ConsentPurpose.LIKENESS, actor=who, **PORTS),
    ),
    "break_glass": (
        Permission.CASE_READ_ANY,
        lambda who: break_glass("case_1", GlassReason.COMPLAINT, "T-1", actor=who, **PORTS),
    ),
    "read_by_grant": (
        Permission.CASE_READ_ANY,
        lambda who: read_by_grant(bytes(32), actor=who, **PORTS),
    ),
    "read_case": (Permission.CASE_READ, lambda who: read_case("case_1", actor=who, units=NO)),
    "follow_claim": (
        Permission.CASE_READ,
        lambda who: follow_claim("case_1", actor=who, units=NO, checks=NO),
    ),
    "replace_secret": (
        Permission.CASE_CREATE,
        lambda who: replace_secret("case_1", actor=who, proofs=NO, **PORTS),
    ),
    "keep_contact": (
        Permission.CASE_CREATE,
        lambda who: keep_contact("case_1", None, actor=who, **PORTS),
    ),
    "read_contact": (
        Permission.CASE_CONTACT,
        lambda who: read_contact("case_1", actor=who, **PORTS),
    ),
    "check_clip": (
        Permission.CHECK_CREATE,
        lambda who: check_clip(NO, check_id="chk_1", actor=who, services=SERVICES, clips=NO),
    ),
    "check_upload": (
        Permission.CHECK_CREATE,
        lambda who: check_upload(NO, actor=who, services=SERVICES),
    ),
    "check_upload by codes": (
        Permission.CHECK_CODES,
        lambda who: check_upload(CodeQuestion(), actor=who, services=SERVICES),
    ),
    "label_case": (Permission.CASE_LABEL, lambda who: label_case("case_1", "a", actor=who, units=NO)),
    "unlabel_case": (Permission.CASE_LABEL, lambda who: unlabel_case("case_1", "a", actor=who, units=NO)),
    "list_checks": (
        Permission.CHECK_LIST,
        lambda who: list_checks(CheckFilter(), None, 10, actor=who, lists=NO),
    ),
    "label_check": (Permission.CHECK_LABEL, lambda who: label_check("chk_1", "a", actor=who, lists=NO)),
    "unlabel_check": (Permission.CHECK_LABEL, lambda who: unlabel_check("chk_1", "a", actor=who, lists=NO)),
    "read_check": (
        Permission.CHECK_READ,
        lambda who: read_check("chk_1", actor=who, checks=NO, units=NO),
    ),
    "explain_check": (
        Permission.CHECK_EXPLAIN,
        lambda who: explain_check("chk_1", actor=who, checks=NO, budget=NO, **PORTS),
    ),
    "record_decision": (
        Permission.DECISION_CREATE,
        lambda who: record_decision("chk_1", DecisionKind.HELD, actor=who, checks=NO, **PORTS),
    ),
    "create_credential": (
        Permission.CREDENTIAL_MANAGE,
        lambda who: create_credential(Wanted(role=Role.MONITOR, label="x"), actor=who, digests=None, **PORTS),
    ),
    "list_credentials": (
        Permission.CREDENTIAL_MANAGE,
        lambda who: list_credentials(actor=who, units=NO),
    ),
    "revoke_credential": (
        Permission.CREDENTIAL_MANAGE,
        lambda who: revoke_credential("crd_1", actor=who, **PORTS),
    ),
    "rotate_face_keys": (
        Permission.FACE_MANAGE,
        lambda who: rotate_face_keys(NOW, actor=who, purge_files=NO, **PORTS),
    ),
    "submit_job check": (Permission.CHECK_CREATE, lambda who: submit(who, JobKind.CHECK)),
    "submit_job new case": (Permission.CASE_CREATE, lambda who: submit(who, JobKind.ENROLMENT)),
    "submit_job standing case": (
        Permission.REFERENCE_CREATE,
        lambda who: submit(who, JobKind.ENROLMENT, case_id="case_1"),
    ),
    "read_job": (Permission.JOB_READ, lambda who: read_job("job_1", actor=who, units=NO)),
    "cancel_job": (Permission.JOB_CANCEL, lambda who: cancel_job("job_1", actor=who, units=NO, spool=NO)),
    "report_probing": (
        Permission.PROBING_MANAGE,
        lambda who: report_probing(actor=who, probes=NO, environment=NO),
    ),
    "clear_probing": (
        Permission.PROBING_MANAGE,
        lambda who: clear_probing("ten_1", actor=who, probes=NO, units=NO, environment=NO),
    ),
    "link_cases": (Permission.CASE_LINK, lambda who: link_cases(["case_1"], actor=who, **PORTS)),
    "unlink_cases": (Permission.CASE_LINK, lambda who: unlink_cases(["case_1"], actor=who, **PORTS)),
    "list_links": (Permission.CASE_LINK, lambda who: list_links(actor=who, units=NO)),
    "verify_ledger": (Permission.LEDGER_VERIFY, lambda who: verify_ledger(actor=who, units=NO)),
    "publish_checkpoint": (
        Permission.LEDGER_CHECKPOINT,
        lambda who: publish_checkpoint(actor=who, checkpointer=NO),
    ),
    "prove_consistency": (
        Permission.LEDGER_VERIFY,
        lambda who: prove_consistency(1, actor=who, units=NO),
    ),
    "open_takedown": (
        Permission.TAKEDOWN_CREATE,
        lambda who: open_takedown(takedown_asked("case_1"), actor=who, rules=RULES, **PORTS),
    ),
    "read_takedown": (
        Permission.TAKEDOWN_READ,
        lambda who: read_takedown("tkd_1", actor=who, rules=RULES, **PORTS),
    ),
    "list_takedowns": (
        Permission.TAKEDOWN_READ,
        lambda who: list_takedowns(TakedownsWanted(), actor=who, **PORTS),
    ),
    "record_takedown_event": (
        Permission.TAKEDOWN_READ,
        lambda who: record_takedown_event(
            "tkd_1", EventAsked(event=TakedownEvent.ACKNOWLEDGE), actor=who, rules=RULES, **PORTS
        ),
    ),
    "prove_receipt": (Permission.RECEIPT_READ, lambda who: prove_receipt(bytes(32), actor=who, units=NO)),
}


@pytest.mark.parametrize("name", ACTS)
def test_without_the_permission_nothing_is_touched(name):
    """An actor with every permission but the needed one is refused, and no port is touched."""
    needed, act = ACTS[name]
    with pytest.raises(NotPermitted, match=needed.value):
        act(replace(FRANK, permissions=FRANK.permissions - {needed}))


@pytest.mark.parametrize("name", ACTS)
def test_with_the_permission_the_ports_are_reached(name):
    """An actor with the permission gets past the refusal: the test above tests something."""
    _, act = ACTS[name]
    with pytest.raises(AssertionError, match="a port was touched"):
        act(FRANK)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ACTS)
def test_each_role_may_do_what_its_table_says(role, name):
    """An actor with a role is refused exactly the permissions that the role lacks."""
    needed, act = ACTS[name]
    actor = Actor(tenant_id="ten_1", credential_id="crd_1", permissions=ROLE_PERMISSIONS[role])
    alone = {
        "open_case with media": Permission.CASE_CREATE,
        "verify_case of any tenant": Permission.CASE_VERIFY,
        "check_upload by codes": Permission.CHECK_CREATE,
    }
    may = {needed, alone.get(name, needed)} <= actor.permissions
    with pytest.raises(AssertionError if may else NotPermitted):
        act(actor)


def test_every_use_case_that_takes_an_actor_is_tried():
    """A use case that is added later has to be added to the table above."""
    found = set()
    for module in pkgutil.walk_packages(registry.usecases.__path__, "registry.usecases."):
        source = importlib.import_module(module.name)
        for name, function in inspect.getmembers(source, inspect.isfunction):
            public = function.__module__ == source.__name__ and not name.startswith("_")
            if public and inspect.signature(function).parameters.get("actor") is not None:
                found.add(name)
    helpers = {
        "add_credential",
        "add_reference",
        "clear_within",
        "enrol_within",
        "joined",
        "open_within",
    }  # their callers have opened a unit
    helpers |= {"require_may_open", "require_permitted", "sides_of"}
    assert found - helpers == {name.split()[0] for name in ACTS}


def test_no_role_can_both_register_and_ask():
    """But for the operator nobody can register and look up: nobody can search for a person (promise 5)."""
    both = {
        role
        for role, granted in ROLE_PERMISSIONS.items()
        if {Permission.REFERENCE_CREATE, Permission.CHECK_CREATE} <= granted
    }
    assert both == {Role.OPERATOR}
