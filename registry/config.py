"""Settings from environment variables: `TAKEDOWN_` and the attribute's name in capitals."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _sixty_four_digits(secret: SecretStr) -> SecretStr:
    if re.fullmatch("[0-9a-f]{64}", secret.get_secret_value(), re.ASCII) is None:
        raise ValueError("64 lower-case hexadecimal digits are needed")
    return secret


def _address(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    def check(secret: SecretStr) -> SecretStr:
        scheme, separator, rest = secret.get_secret_value().partition("://")
        if scheme not in schemes or not separator or not rest:
            raise ValueError(f"an address that begins with {schemes[0]}:// is needed")
        return secret

    return check


class Settings(BaseSettings):
    """Settings of a deployment. Every default suits a single machine.

    Attributes:
        data: folder of the embedded databases, of the pepper and of the first credential.
        database_url: address of a PostgreSQL database. Default: SQLite files in `data`.
        redis_url: address of a Redis server for shared rate limits. Without it each worker enforces its share of them.
        pepper: 64 hexadecimal digits that key all stored digests. Default: the file `secret` in `data`.
        host: address to listen on.
        port: port to listen on; 0 selects a free port.
        workers: server processes.
        threads: request threads of each process.
        read_seconds: time for a request's head, and for the first bytes of its body, in seconds.
        min_bytes_per_second: rate at which a body must arrive on the average after that, in bytes per second.
        waiting_requests: maximum number of requests of one tenant that wait for a thread of one server process.
        cpu_share: share of the machine's processor time that one tenant's uploads may take within a minute. Beyond it
            other tenants' questions come first.
        checks_per_minute: maximum number of checks per tenant and minute.
        writes_per_minute: maximum number of other writing requests per tenant and minute.
        reads_per_minute: maximum number of reading requests per tenant and minute.
        failures_per_minute: maximum number of requests without a valid key per address and minute.
        explanation_budget: number of different checks that are explained to a tenant's reviewers in seven days.
        probe_budget: number of different checks near one reference that are answered exactly, per tenant in seven days;
            also the number of an uploader's checks near any reference. Other budgets are multiples of it.
        likeness_budget: number of different registered people of whom an uploader is told in seven days.
        likeness_tenant_budget: the same for a tenant without traffic; its uploads with a face raise it.
        matching: matching profile: the number of anchored windows of references and uploads.
        job_threads: number of clips that a worker processes at the same time.
        clips: clip profile: the density of the stored frames, and the number of their anchored windows.
        videohash: whether registered clips also get a videohash, an advisory code for exchange that is never matched.
            It takes seconds of processor time per clip, and a folder in memory.
        faces: ids of the enabled face engines, separated by commas; empty for none. Faces are personal data, so a
            deployment has to enable them explicitly.
        face_false_alarms: accepted number of false alarms per face that is searched for. `takedown doctor` warns if
            more are expected.
        models: folder of the installed face models. Default: `models` in `data`.
        quota_references: maximum number of references of a tenant at a time.
        quota_cases: maximum number of a tenant's cases that are not withdrawn.
        quota_jobs: maximum number of a tenant's jobs that have not ended.
        quota_mib: maximum size of the uploads of these jobs, in MiB.
        quota_takedowns: maximum number of takedown requests that a tenant opens within 24 hours.
        claimant_references: the same for a claimant's key, as the following ones.
        claimant_cases: see `quota_cases`.
        claimant_jobs: see `quota_jobs`.
        claimant_mib: see `quota_mib`.
        claimant_takedowns: see `quota_takedowns`.
        claim_references: maximum number of references of a case without an account.
        claims_per_hour: maximum number of cases without an account that are opened in an hour.
        claims_per_address: the same for one network address.
        claim_failures_per_minute: maximum number of wrong secrets of cases per address and minute. The right secret is
            never refused because of them.
        claim_requests_per_minute: maximum number of requests with the right secret per case and minute.
        proxies: number of trusted reverse proxies in front of the server, each of which appends its client's address to
            `X-Forwarded-For`. Limits of addresses are those of the proxy without it.
        reconcile_seconds: interval between comparisons of an index with the database, in seconds.
        checkpoints: file outside of the data folder to which checkpoints of the ledger are appended. Default: none.
        checkpoint_hours: time between two checkpoints of the ledger, in hours.
        retention_days: days without a sign of life after which a case expires.
        withdrawal_journal: file outside of the data folder to which withdrawals are appended. Default: beside the data
            folder, with its name and `.withdrawals`.
        reserve_mib: room on the disk that is kept for withdrawals, in MiB; 0 for none. Not used with PostgreSQL.
    """

    model_config = SettingsConfigDict(env_prefix="TAKEDOWN_", extra="ignore", frozen=True)

    data: Path = Path("data")
    database_url: Annotated[SecretStr, AfterValidator(_address("postgresql"))] | None = None
    redis_url: Annotated[SecretStr, AfterValidator(_address("redis", "rediss"))] | None = None
    pepper: Annotated[SecretStr, AfterValidator(_sixty_four_digits)] | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=64)] = 8
    read_seconds: Annotated[float, Field(gt=0, le=600)] = 10
    min_bytes_per_second: Annotated[int, Field(ge=1)] = 4096
    waiting_requests: Annotated[int, Field(ge=1)] = 256
    cpu_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    checks_per_minute: Annotated[int, Field(ge=1)] = 120_000
    writes_per_minute: Annotated[int, Field(ge=1)] = 12_000
    reads_per_minute: Annotated[int, Field(ge=1)] = 12_000
    failures_per_minute: Annotated[int, Field(ge=1)] = 60
    explanation_budget: Annotated[int, Field(ge=1)] = 200
    probe_budget: Annotated[int, Field(ge=1)] = 20
    likeness_budget: Annotated[int, Field(ge=1)] = 5
    likeness_tenant_budget: Annotated[int, Field(ge=1)] = 20
    matching: Literal["full", "lean"] = "full"
    job_threads: Annotated[int, Field(ge=1, le=64)] = 1
    clips: Literal["full", "lean", "sparse"] = "full"
    videohash: bool = False
    faces: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9-]{0,31}(,[a-z0-9][a-z0-9-]{0,31}){0,3})?$")] = ""
    face_false_alarms: Annotated[float, Field(gt=0, le=1)] = 0.05
    models: Path | None = None
    quota_references: Annotated[int, Field(ge=0)] = 2_000_000
    quota_cases: Annotated[int, Field(ge=0)] = 200_000
    quota_jobs: Annotated[int, Field(ge=0)] = 5_000
    quota_mib: Annotated[int, Field(ge=0)] = 262_144
    quota_takedowns: Annotated[int, Field(ge=0)] = 1_000
    claimant_references: Annotated[int, Field(ge=0)] = 1_000
    claimant_cases: Annotated[int, Field(ge=0)] = 100
    claimant_jobs: Annotated[int, Field(ge=0)] = 50
    claimant_mib: Annotated[int, Field(ge=0)] = 16_384
    claimant_takedowns: Annotated[int, Field(ge=0)] = 50
    claim_references: Annotated[int, Field(ge=1)] = 100
    claims_per_hour: Annotated[int, Field(ge=1)] = 600
    claims_per_address: Annotated[int, Field(ge=1)] = 20
    claim_failures_per_minute: Annotated[int, Field(ge=1)] = 20
    claim_requests_per_minute: Annotated[int, Field(ge=1)] = 60
    proxies: Annotated[int, Field(ge=0, le=4)] = 0
    reconcile_seconds: Annotated[int, Field(ge=1)] = 600
    checkpoints: Path | None = None
    checkpoint_hours: Annotated[float, Field(gt=0, le=24 * 366)] = 24
    retention_days: Annotated[int, Field(ge=365)] = 1096
    withdrawal_journal: Path | None = None
    reserve_mib: Annotated[int, Field(ge=0, le=65_536)] = 64

    @property
    def face_engines(self) -> tuple[str, ...]:
        """The ids of the enabled face engines, without duplicates."""
        return tuple(dict.fromkeys(filter(None, self.faces.split(","))))

    @property
    def journal_file(self) -> Path:
        """The withdrawal journal."""
        data = self.data.absolute()
        return self.withdrawal_journal or data.with_name(f"{data.name}.withdrawals")

    @property
    def models_folder(self) -> Path:
        """The folder of the installed face models."""
        return self.models or self.data / "models"
