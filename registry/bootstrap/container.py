"""The container: all parts of one process, connected."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, Self

from index.clips import CLIP_PROFILES, ClipFingerprinter
from index.exchange import video_hash
from index.hashing import Code
from index.limits import EMBEDDED_CLIP
from index.pictures import Fingerprinter
from index.sandbox import ClipSource
from index.shares import WINDOW_S, CpuBudget, Places
from index.windows import profile_named
from registry.bootstrap.databases import ENVIRONMENT, Databases
from registry.bootstrap.duties import duties_of
from registry.bootstrap.searching import Searching
from registry.bootstrap.takedown_keeping import takedown_keeper
from registry.bootstrap.withdrawals import withdrawal_journal
from registry.config import Settings
from registry.domain import DELETED, OVERWRITTEN, Family, Quota, QuotaDefaults
from registry.engines import IndexFiles, RotatedFaces
from registry.events import LogEvent
from registry.indexing import Indexes, IndexFollower, IndexKeeper
from registry.jobs import JobWorker, Upkeep, WorkerParts
from registry.matching import EmbeddedClips
from registry.ports import Environment
from registry.security import (
    ArgonProofs,
    Authenticator,
    Budget,
    CheckpointSigner,
    CountedExplanations,
    DigestPurpose,
    KeyPurpose,
    Keys,
    OracleBudget,
    PeopleLimits,
    RateLimits,
    Sealer,
    ServiceLog,
    Spool,
)
from registry.storage import CheckpointFile, Reserve
from registry.storage.codes import SqlCandidates, SqlChangeFeed
from registry.storage.rows import SqlCheckLists, SqlChecks, SqlExplanations, SqlProbes, SqlTightHits, SqlUnits
from registry.usecases.cases import Eraser, JournalKeeper, RetentionKeeper
from registry.usecases.checks import CheckServices, check_clip
from registry.usecases.enrolment import draft_from_clip
from registry.usecases.jobs import DescribeClip, JobServices
from registry.usecases.judging import FloodWatch, PopularityWatch
from registry.usecases.ledger import Checkpointer
from registry.usecases.mandates import MandateKeeper
from registry.usecases.takedowns import TakedownRules

_MIB: Final = 1 << 20
MATCHING_WAIT_S: Final = 10.0
"""Longest time for which a check waits for its turn to be compared, in seconds."""

_AT_THE_DATABASE: Final = 1
"""Checks of one tenant that may be compared at the same time, beyond one a core: some wait for the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """All parts of one process. Build it after forking, then `start` and `close` it."""

    settings: Settings
    databases: Databases
    keys: Keys
    environment: Environment
    log: ServiceLog
    machine_id: str
    units: SqlUnits
    checks: SqlChecks
    check_lists: SqlCheckLists
    probes: SqlProbes
    explanations: CountedExplanations
    feeds: Mapping[Family, SqlChangeFeed]
    indexes: Indexes
    check_services: CheckServices
    fingerprints: Fingerprinter
    matching: Places
    clips: ClipFingerprinter
    faces: RotatedFaces | None
    spool: Spool
    authenticator: Authenticator
    claim_proofs: ArgonProofs
    rate_limits: RateLimits
    keepers: Mapping[Family, IndexKeeper]
    journal_keeper: JournalKeeper
    eraser: Eraser
    checkpointer: Checkpointer
    flood_watch: FloodWatch
    takedown_rules: TakedownRules
    upkeep: Upkeep

    @classmethod
    def build(
        cls,
        settings: Settings,
        *,
        environment: Environment = ENVIRONMENT,
        log: ServiceLog | None = None,
        decoders: int | None = None,
        spare: int = 0,
        accept_revived: bool = False,
    ) -> Self:
        """Build the parts without starting them.

        Args:
            settings: the settings.
            environment: clock and randomness.
            log: the log; a new one by default.
            decoders: number of decoders that one tenant may use at the same time.
            spare: number of further decoders, each for a tenant that uses none.
            accept_revived: whether to begin a new withdrawal journal where the old one does not fit.

        Raises:
            StorageUnavailable: the database is unreachable, or its schema is not the newest.
            JournalUnfit: the withdrawal journal is missing, damaged or older than the database.
            EngineUnavailable, ModelDamaged: an enabled face engine cannot be opened.
        """
        databases = Databases.open(settings)
        databases.require_ready()
        keys = Keys.load(settings.data, environment.random, settings.pepper)
        log = log or ServiceLog()
        sealer = Sealer.of(keys, environment.random)
        reserve = _reserve(settings)
        registry_id, journal = withdrawal_journal(settings, databases, keys, log)
        units = SqlUnits(
            databases.registry, sealer, reserve=reserve, quotas=_quotas(settings), journal=journal
        )
        journal_keeper = JournalKeeper(
            units=units, journal=journal, environment=environment, registry_id=registry_id
        )
        for case_id in journal_keeper.start(accept=accept_revived):
            log.note(LogEvent.WITHDRAWAL_REPLAYED, case_id=case_id)
        checks = SqlChecks(databases.checks)
        files = IndexFiles(settings.data / "index", keys)
        machine_id = files.machine_id(environment.random)
        seed_of = partial(keys.digest, DigestPurpose.SEEN_FRAMES)
        decoders = decoders or _decoders(settings)
        cpu = CpuBudget(_cpu_seconds(settings))
        faces = _faces(settings, keys, decoders, spare, cpu)
        searching = Searching.build(
            files=files,
            machine_id=machine_id,
            databases=databases,
            sealer=sealer,
            environment=environment,
            log=log,
            faces=() if faces is None else faces.engines,
        )
        probes = SqlProbes(databases.checks)
        matching = Places(decoders + _AT_THE_DATABASE, spare=spare, budget=cpu, counts_thread=True)
        budget = OracleBudget(
            probes=probes,
            keys=keys,
            budget=settings.probe_budget,
            people=PeopleLimits(uploader=settings.likeness_budget, tenant=settings.likeness_tenant_budget),
            now=environment.now,
            report=lambda event, tenant_id: log.alert(event, tenant_id=tenant_id),
        )
        signer = CheckpointSigner(keys)
        eraser = Eraser(
            units=units,
            checks=checks,
            purge_files=databases.purge_files,
            environment=environment,
            database=OVERWRITTEN if databases.registry.is_sqlite else DELETED,
            signing=signer,
        )
        checkpointer = Checkpointer(
            units=units,
            signing=signer,
            environment=environment,
            publication=None if settings.checkpoints is None else CheckpointFile(settings.checkpoints),
            interval=timedelta(hours=settings.checkpoint_hours),
        )
        flood_watch = FloodWatch(units=units, hits=SqlTightHits(databases.checks), environment=environment)
        takedowns = takedown_keeper(settings, units, environment, log)
        popularity_watch = PopularityWatch(units=units, index=searching.indexes, environment=environment)
        return cls(
            settings=settings,
            databases=databases,
            keys=keys,
            environment=environment,
            log=log,
            machine_id=machine_id,
            units=units,
            checks=checks,
            check_lists=SqlCheckLists(databases.checks),
            probes=probes,
            explanations=CountedExplanations(
                explanations=SqlExplanations(databases.checks),
                budget=settings.explanation_budget,
                now=environment.now,
                report=lambda event, tenant_id: log.alert(event, tenant_id=tenant_id),
            ),
            feeds=searching.feeds,
            indexes=searching.indexes,
            check_services=CheckServices(
                index=searching.indexes,
                candidates=SqlCandidates(databases.registry, sealer),
                checks=checks,
                budget=budget,
                environment=environment,
                faces=faces,
                clips=EmbeddedClips(
                    ClipFingerprinter(
                        limits=EMBEDDED_CLIP,
                        profile=CLIP_PROFILES[settings.clips],
                        budget=cpu,
                        seed_of=seed_of,
                    ),
                    places=Places(decoders, spare=spare, budget=cpu),
                ),
                turn=partial(matching.place, MATCHING_WAIT_S),
            ),
            fingerprints=Fingerprinter(
                workers=decoders,
                spare=spare,
                budget=cpu,
                profile=profile_named(settings.matching),
                seed_of=seed_of,
            ),
            matching=matching,
            clips=ClipFingerprinter(profile=CLIP_PROFILES[settings.clips], seed_of=seed_of),
            faces=faces,
            spool=Spool(settings.data / "spool", machine_id, environment.random),
            authenticator=Authenticator(
                units=units,
                digests=keys,
                now=environment.now,
                version=searching.feeds[Family.WHOLE].version,
            ),
            claim_proofs=ArgonProofs(keys, environment.random),
            rate_limits=_rate_limits(settings),
            keepers=searching.keepers,
            journal_keeper=journal_keeper,
            eraser=eraser,
            checkpointer=checkpointer,
            flood_watch=flood_watch,
            takedown_rules=takedowns.rules,
            upkeep=Upkeep(
                indexes=searching.indexes,
                keepers=searching.keepers,
                disabled_engines=searching.disabled_engines,
                eraser=eraser,
                log=log,
                reconcile_seconds=settings.reconcile_seconds,
                keep_room=reserve.restore,
                duties=duties_of(
                    checkpointer=checkpointer,
                    watches=(flood_watch.sweep, popularity_watch.sweep),
                    journal=journal_keeper,
                    retention=RetentionKeeper(
                        units=units, environment=environment, period=timedelta(days=settings.retention_days)
                    ),
                    takedowns=takedowns,
                    mandates=MandateKeeper(units=units, environment=environment),
                    log=log,
                ),
            ),
        )

    @property
    def feed(self) -> SqlChangeFeed:
        """The change feed of the index of whole codes."""
        return self.feeds[Family.WHOLE]

    @property
    def follower(self) -> IndexFollower:
        """The follower of the index of whole codes."""
        return self.indexes.follower(Family.WHOLE)

    @property
    def describe_clip(self) -> DescribeClip:
        """The function that describes clips for registration."""
        hashed = _video_hash if self.settings.videohash else None
        return partial(draft_from_clip, clips=self.clips, video_hash=hashed)

    def job_worker(self) -> JobWorker:
        """Return the job worker of this machine, for a process of its own."""
        settings = self.settings
        services = JobServices(
            units=self.units,
            checks=self.checks,
            spool=self.spool,
            environment=self.environment,
            check=partial(check_clip, services=self.check_services, clips=self.clips),
            describe=self.describe_clip,
        )
        return JobWorker(
            WorkerParts(
                services=services,
                spool=self.spool,
                machine_id=self.machine_id,
                lock=settings.data / "worker.lock",
                index=self.indexes,
                log=self.log,
                threads=settings.job_threads,
            )
        )

    def warm_up(self) -> None:
        """Start the decoders and the face workers, and wait until they are ready; raise `IndexingError`."""
        self.fingerprints.warm_up()
        if self.faces is not None:
            self.faces.warm_up()

    def start(self) -> None:
        """Start the background work. The indexes become ready some time later."""
        self.upkeep.start()
        self.log.note(LogEvent.SERVICE_STARTED, workers=self.settings.workers)

    def close(self) -> None:
        """Stop the background work and release all resources."""
        self.upkeep.stop()
        self.fingerprints.close()
        if self.faces is not None:
            self.faces.close()
        self.indexes.close()
        for feed in self.feeds.values():
            feed.close()
        self.databases.close()
        self.log.note(LogEvent.SERVICE_STOPPED)


def _video_hash(source: ClipSource, beat: Callable[[], None]) -> Code | None:
    return video_hash(source, beat=beat).code


def _reserve(settings: Settings) -> Reserve:
    is_here = settings.database_url is None
    return Reserve(settings.data / "reserve", settings.reserve_mib * _MIB if is_here else 0)


def _quotas(settings: Settings) -> QuotaDefaults:
    return QuotaDefaults(
        tenant=Quota(
            references=settings.quota_references,
            cases=settings.quota_cases,
            jobs=settings.quota_jobs,
            bytes=settings.quota_mib * _MIB,
        ),
        claimant=Quota(
            references=settings.claimant_references,
            cases=settings.claimant_cases,
            jobs=settings.claimant_jobs,
            bytes=settings.claimant_mib * _MIB,
        ),
        claim=Quota(references=settings.claim_references, cases=1, jobs=0, bytes=0),
    )


def _decoders(settings: Settings) -> int:
    return max(1, (os.cpu_count() or 1) // settings.workers)


def _cpu_seconds(settings: Settings) -> float:
    """Return the processor time of one tenant in this process, in seconds of each `WINDOW_S`."""
    return WINDOW_S * (os.cpu_count() or 1) * settings.cpu_share / settings.workers


def _faces(settings: Settings, keys: Keys, workers: int, spare: int, cpu: CpuBudget) -> RotatedFaces | None:
    engines = settings.face_engines
    if not engines:
        return None
    secret = keys.derive(KeyPurpose.FACE_ROTATION)
    return RotatedFaces.open(
        engines, settings.models_folder, secret=secret, workers=workers, spare=spare, budget=cpu
    )


def _rate_limits(settings: Settings) -> RateLimits:
    return RateLimits(
        limits={
            Budget.CHECKS: settings.checks_per_minute,
            Budget.WRITES: settings.writes_per_minute,
            Budget.READS: settings.reads_per_minute,
            Budget.FAILURES: settings.failures_per_minute,
            Budget.CLAIMS: settings.claims_per_address,
            Budget.ALL_CLAIMS: settings.claims_per_hour,
            Budget.CLAIM_FAILURES: settings.claim_failures_per_minute,
            Budget.CLAIM_REQUESTS: settings.claim_requests_per_minute,
        },
        redis_url=None if settings.redis_url is None else settings.redis_url.get_secret_value(),
        workers=settings.workers,
    )
