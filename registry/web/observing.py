"""Metrics and log lines of requests: ids, names from our own enums, and numbers (docs/promises.md, promise 7)."""

import os
import secrets
import time
from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from registry.domain import Check
from registry.events import LogEvent
from registry.web.context import container

MULTIPROCESS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_UNKNOWN: Final = "unknown"
_QUIET: Final = frozenset({"service.healthz", "service.readyz", "service.metrics"})
_FIRST_ERROR: Final = 400

REQUESTS: Final = Counter("takedown_requests_total", "Requests answered.", ["endpoint", "method", "status"])
SECONDS: Final = Histogram("takedown_request_seconds", "Time to answer.", ["endpoint"])
VERDICTS: Final = Counter("takedown_verdicts_total", "Checks answered.", ["verdict"])
INDEX_POSITION: Final = Gauge(
    "takedown_index_position",
    "Change-log position of the worker that is last.",
    ["family"],
    multiprocess_mode="livemin",
)
INDEX_LAG: Final = Gauge(
    "takedown_index_lag",
    "Changes that the worker that is last does not hold yet.",
    ["family"],
    multiprocess_mode="livemax",
)
INDEX_CODES: Final = Gauge(
    "takedown_index_codes",
    "Codes held by the worker that holds fewest.",
    ["family"],
    multiprocess_mode="livemin",
)
INDEX_DELTA: Final = Gauge(
    "takedown_index_delta",
    "Changes not yet merged into files, in the worker with most.",
    ["family"],
    multiprocess_mode="livemax",
)
INDEX_SEGMENTS: Final = Gauge(
    "takedown_index_segments",
    "Files searched, by the worker with most.",
    ["family"],
    multiprocess_mode="livemax",
)
INDEX_FALLBACK_SCANS: Final = Gauge(
    "takedown_index_fallback_scans",
    "Searches that had to scan a whole file, in the worker with most.",
    ["family"],
    multiprocess_mode="livemax",
)
INDEX_COMPACTION_SECONDS: Final = Gauge(
    "takedown_index_compaction_seconds", "Time of the last merge.", ["family"], multiprocess_mode="livemax"
)
ERASURES_WAITING: Final = Gauge(
    "takedown_erasures_waiting", "Withdrawn cases not erased yet.", multiprocess_mode="mostrecent"
)

QUARANTINED: Final = Gauge(
    "takedown_references_quarantined",
    "References that the registry put to review until a person clears them.",
    multiprocess_mode="mostrecent",
)


MANDATES_EXPIRING: Final = Gauge(
    "takedown_mandates_expiring",
    "Mandates in force that expire within so many days.",
    ["days"],
    multiprocess_mode="mostrecent",
)


def count_verdict(check: Check) -> None:
    """Count an answered check."""
    VERDICTS.labels(verdict=check.verdict.outcome.value).inc()


def count_refusal(status: int) -> None:
    """Count a request that was answered before it reached the application."""
    REQUESTS.labels(endpoint=_UNKNOWN, method=_UNKNOWN, status=status).inc()


def install_observing(app: Flask) -> None:
    """Measure every request, and log all requests except the probes of load balancers."""
    app.before_request(_begin)
    app.after_request(_end)


def measure_index() -> None:
    """Update the gauges of this worker for each code family."""
    parts = container()
    for family, status in parts.indexes.statuses().items():
        engine = status.engine
        INDEX_POSITION.labels(family=family.value).set(status.position)
        INDEX_LAG.labels(family=family.value).set(status.lag)
        INDEX_CODES.labels(family=family.value).set(engine.size)
        INDEX_DELTA.labels(family=family.value).set(engine.delta_size)
        INDEX_SEGMENTS.labels(family=family.value).set(engine.snapshots)
        INDEX_FALLBACK_SCANS.labels(family=family.value).set(engine.fallback_scans)
        INDEX_COMPACTION_SECONDS.labels(family=family.value).set(parts.keepers[family].compaction_seconds)
    with parts.units.read() as unit:
        ERASURES_WAITING.set(len(unit.cases.unerased()))
        QUARANTINED.set(len(unit.quarantines.open()))
        for days, count in unit.mandates.expiring(parts.environment.now()).items():
            MANDATES_EXPIRING.labels(days=days).set(count)


def exposition() -> bytes:
    """Return the metrics of all workers in Prometheus' text format."""
    measure_index()
    if MULTIPROCESS_FOLDER not in os.environ:
        return generate_latest()
    collected = CollectorRegistry()
    multiprocess.MultiProcessCollector(collected)  # type: ignore[no-untyped-call]
    return generate_latest(collected)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = secrets.token_hex(8)


def _end(response: Response) -> Response:
    took = time.perf_counter() - g.get("began", time.perf_counter())
    request_id = g.get("request_id")
    if request_id is not None:
        response.headers["X-Request-Id"] = request_id
    endpoint = request.endpoint or _UNKNOWN
    method = request.method if request.endpoint else _UNKNOWN
    REQUESTS.labels(endpoint=endpoint, method=method, status=response.status_code).inc()
    SECONDS.labels(endpoint=endpoint).observe(took)
    if endpoint not in _QUIET and not _is_answered_check(endpoint, response):
        actor = g.get("actor")
        container().log.note(
            LogEvent.REQUEST,
            request_id=request_id,
            endpoint=endpoint,
            method=method,
            status=response.status_code,
            code=g.get("problem_code"),
            duration_ms=round(took * 1000, 1),
            tenant_id=None if actor is None else actor.tenant_id,
            credential_id=None if actor is None else actor.credential_id,
        )
    return response


def _is_answered_check(endpoint: str, response: Response) -> bool:
    # Answered checks are not logged: each upload of each platform is one, and a database has a row for it. A refused
    # one has no row, so its line is all that its request id leads to.
    return endpoint == "checks.post_check" and response.status_code < _FIRST_ERROR
