"""Report to the operator how many references have an older fingerprint, and what registering them again would bring.

References of older versions keep matching. The media was not kept, so only the claimants can register it again.
"""

from collections.abc import Iterator

from registry.domain import VersionCounts
from registry.usecases.operations.examining import Finding, Severity


def examine_versions(counts: VersionCounts) -> Iterator[Finding]:
    """Yield findings about the versions of fingerprints and of regional signatures."""
    older = counts.older
    if older:
        named = ", ".join(f"{count} of {version}" for version, count in older.items())
        yield Finding(
            topic="references: fingerprints",
            severity=Severity.WARNING,
            text=f"{sum(older.values())} references have an older fingerprint ({named}). They match as before;"
            " registered again, they are found in more edits.",
        )
    else:
        total = sum(counts.references.values())
        yield Finding(
            topic="references: fingerprints",
            severity=Severity.OK,
            text=f"None of {total} references has an older fingerprint.",
        )
    yield from _regions("pictures", counts.pictures_without_regions, counts.pictures)
    yield from _regions("key frames", counts.key_frames_without_regions, counts.key_frames)


def _regions(what: str, without: int, total: int) -> Iterator[Finding]:
    if without:
        text = (
            f"{without} of {total} {what} have no regional signature of this version. They match as before; registered"
            " again, answers tell which region of a copy was replaced."
        )
    else:
        text = f"All {total} {what} that are found in edits have a regional signature."
    yield Finding(
        topic=f"references: {what}", severity=Severity.WARNING if without else Severity.OK, text=text
    )
