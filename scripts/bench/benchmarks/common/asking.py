"""Asking the registry that is measured, in process or served over HTTP, for the part of an answer that leaves it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from benchmarks.common.answer import Told
from benchmarks.common.registry import PROBE_BUDGET, MeasuredRegistry
from benchmarks.common.service import served
from registry.client import RegistryClient

WORKERS: Final = 1


class Way(StrEnum):
    """How a registry is asked, and what of its answers is recorded."""

    FULL = "full"
    """In process: all reasons and places."""
    TOLD = "told"
    """In process: what a platform is told."""
    SERVED = "served"
    """Over HTTP: the same."""


Ask = Callable[[bytes], Told]


@contextmanager
def asking(registry: MeasuredRegistry, folder: Path, way: Way) -> Iterator[Ask]:
    """Give a function that asks a registry in a folder, until the block ends."""
    if way is not Way.SERVED:
        record = Told.by if way is Way.FULL else Told.platform
        yield lambda data: record(registry.ask(data))
        return
    with asking_over_http(folder) as ask:
        yield ask


@contextmanager
def asking_over_http(folder: Path) -> Iterator[Ask]:
    """Serve the registry in a folder, and give a function that asks it until the block ends."""
    os.environ["TAKEDOWN_PROBE_BUDGET"] = str(PROBE_BUDGET)
    with served(folder, WORKERS) as service:
        url = f"http://{service.host}:{service.port}"
        with RegistryClient(url, service.key) as client:
            yield lambda data: Told.over_http(client, data)
