"""A fingerprinter of one worker that measures what each file costs, from the kernel's accounting."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from index.errors import MediaError
from index.limits import STANDARD
from index.pictures.fingerprint import Fingerprinter

MAX_CPU_SECONDS = 2.0
MAX_RESIDENT_MB = 512

# Nothing but a crash may replace the worker, so that its number tells crashes.
PATIENT = replace(STANDARD, tasks_per_worker=1_000_000)

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_RESET_PEAK = "5"  # proc(5), clear_refs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """How a file was answered, and what the worker spent on it."""

    outcome: str
    cpu_seconds: float
    resident_mb: float

    @property
    def is_bounded(self) -> bool:
        """Whether it stayed within what one file may cost."""
        return self.cpu_seconds <= MAX_CPU_SECONDS and self.resident_mb <= MAX_RESIDENT_MB


class Meter:
    """For one thread."""

    def __init__(self):
        self._fingerprinter = Fingerprinter(workers=1, limits=PATIENT)
        self._fingerprinter.warm_up()
        (self.worker,) = self._fingerprinter._sandbox.worker_ids()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._fingerprinter.close()

    @property
    def is_unharmed(self):
        """Whether the first worker still serves, so that no file has crashed it or run into a limit."""
        return self._fingerprinter._sandbox.worker_ids() == {self.worker}

    def measure(self, data, purpose):
        """Fingerprints a file; of several measurements the lowest counts, as neighbours slow a machine down."""
        costs = [self._once(data, purpose)]
        while not costs[-1].is_bounded and len(costs) < 3 and self.is_unharmed:
            costs.append(self._once(data, purpose))
        return min(costs, key=lambda cost: (cost.resident_mb > MAX_RESIDENT_MB, cost.cpu_seconds))

    @property
    def may_write(self):
        """Whether the kernel lets the worker write to a file; of one that is gone nothing is known."""
        if not self.is_unharmed:
            return None
        lines = Path(f"/proc/{self.worker}/limits").read_text().splitlines()
        (limit,) = (line.split() for line in lines if line.startswith("Max file size"))
        return limit[3:5] != ["0", "0"]

    def bytes_written(self):
        """What the kernel counts as written to any disk, in bytes; of a worker that is gone nothing is known.

        A page is counted for each file whose time of access is renewed, which happens once a day for what is only read.
        """
        return int(self._field("io", "write_bytes")) if self.is_unharmed else None

    def _once(self, data, purpose):
        if not self.is_unharmed:
            return Cost(outcome="the worker is gone", cpu_seconds=0, resident_mb=0)
        Path(f"/proc/{self.worker}/clear_refs").write_text(_RESET_PEAK)
        began = self._cpu_seconds()
        try:
            outcome = str(self._fingerprinter.describe(data, purpose).media_format)
        except MediaError as error:
            outcome = error.code
        if not self.is_unharmed:
            return Cost(outcome=outcome, cpu_seconds=0, resident_mb=0)
        resident = int(self._field("status", "VmHWM").split()[0]) / 1024
        return Cost(outcome=outcome, cpu_seconds=self._cpu_seconds() - began, resident_mb=resident)

    def _cpu_seconds(self):
        fields = Path(f"/proc/{self.worker}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def _field(self, file, name):
        lines = Path(f"/proc/{self.worker}/{file}").read_text().splitlines()
        return dict(line.split(":", 1) for line in lines)[name].strip()
