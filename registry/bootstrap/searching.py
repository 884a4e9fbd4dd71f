"""The indexes of one process: the feed, the follower and the keeper of each searched code family."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from registry.bootstrap.databases import Databases
from registry.domain import Family
from registry.engines import IndexFiles
from registry.events import LogEvent
from registry.indexing import DisabledFaceEngines, Indexes, IndexFollower, IndexKeeper
from registry.ports import Environment, SearchedEngine
from registry.security import Sealer, ServiceLog
from registry.storage.codes import SqlChangeFeed, SqlIndexMachines, searched_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching:
    """The search of each code family.

    Attributes:
        feeds: the change log of each family.
        indexes: the indexes of all families together.
        keepers: the maintainers of the files of each family.
        disabled_engines: the clean-up of face engines whose templates are not searched here.
    """

    feeds: Mapping[Family, SqlChangeFeed]
    indexes: Indexes
    keepers: Mapping[Family, IndexKeeper]
    disabled_engines: DisabledFaceEngines

    @classmethod
    def build(
        cls,
        *,
        files: IndexFiles,
        machine_id: str,
        databases: Databases,
        sealer: Sealer,
        environment: Environment,
        log: ServiceLog,
        faces: Sequence[SearchedEngine],
    ) -> Self:
        """Build the parts for pictures and clips, and for the engines of `faces`."""
        feeds = {
            codes.family: SqlChangeFeed(databases.registry, codes) for codes in searched_codes(sealer, faces)
        }
        reports = {family: _report(log, family) for family in feeds}
        followers = {
            family: IndexFollower(
                feed=feed,
                new_engine=partial(files.open, family),
                discard=partial(files.discard, family),
                report=reports[family],
            )
            for family, feed in feeds.items()
        }
        keepers = {
            family: IndexKeeper(
                follower=follower,
                machines=SqlIndexMachines(databases.registry, family, environment.now),
                machine_id=machine_id,
                report=reports[family],
            )
            for family, follower in followers.items()
        }
        disabled_engines = DisabledFaceEngines(
            feed=feeds[Family.WHOLE],
            enabled=[engine.family for engine in faces],
            delete_files=files.delete,
            machines=lambda family: SqlIndexMachines(databases.registry, family, environment.now),
            machine_id=machine_id,
            report=lambda event, family: log.alert(event, family=family.value),
        )
        return cls(
            feeds=feeds, indexes=Indexes(followers), keepers=keepers, disabled_engines=disabled_engines
        )


def _report(log: ServiceLog, family: Family) -> Callable[[LogEvent, int], None]:
    return lambda event, position: log.note(event, sequence=position, family=family.value)
