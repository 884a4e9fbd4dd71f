"""Several processes on one folder: one writer, readers that follow, and ends without notice."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from index.errors import NotReady, NotTheWriter
from index.search.codes.engines import ExactCodeEngine
from index.search.codes.plans import M16, SCAN, CodeProfile
from index.search.contract import Changes, Role, id_checksum
from index.search.files.manifest import JOURNAL
from index.search.files.writer import FolderWriter

PROFILE = CodeProfile(plans=((40, SCAN), (1 << 32, M16)), compact_after=30, merge_ratio=2)


def open_engine(folder, role) -> ExactCodeEngine:
    return ExactCodeEngine.open(folder, role=role, family="pdq-1", epoch="e1", key=b"k", profile=PROFILE)


def code_of(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (1, 32), dtype=np.uint8)


def change(number: int) -> Changes:
    """Change n adds id n; every third removes the id that was added before it."""
    gone = [number - 1] if number % 3 == 0 else []
    return Changes(
        sequence=number,
        add_ids=np.array([number]),
        add_codes=code_of(number),
        remove_ids=np.array(gone, np.int64),
    )


def held_after(count: int) -> list[int]:
    return [n for n in range(1, count + 1) if not (n % 3 == 2 and n < count)]


def check(engine, count: int) -> None:
    for number in range(engine.status().sequence + 1, count + 1):
        engine.apply(change(number))
    ids = held_after(count)
    assert engine.status().checksum == id_checksum(np.array(ids))
    sample = ids[:: max(1, len(ids) // 20)]
    hits = engine.search(np.concatenate([code_of(n) for n in sample]), 31)
    assert hits.ids.tolist() == sample


def live(folder) -> None:
    """Open as the writer, then apply, erase and compact for ever, and print the sequence reached."""
    engine = open_engine(folder, Role.WRITER)
    number = engine.status().sequence
    while True:
        number += 1
        engine.apply(change(number))
        if number % 3 == 0:
            engine.erase(np.array([number - 1]))
        if number % 10 == 0:
            engine.compact(everything=number % 40 == 0)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


def test_only_one_process_writes(tmp_path):
    """A second writer is refused with a clear error, until the first has gone."""
    first = open_engine(tmp_path, Role.WRITER)
    with pytest.raises(NotTheWriter, match="another process"):
        open_engine(tmp_path, Role.WRITER)
    reader = open_engine(tmp_path, Role.READER)
    assert not reader.try_become_writer()
    first.close()
    assert reader.try_become_writer()
    assert reader.role is Role.WRITER
    reader.close()


def test_a_reader_may_not_change_files(tmp_path):
    """Compaction, erasure and rebuilding on a reader raise `NotTheWriter`."""
    open_engine(tmp_path, Role.WRITER).close()
    reader = open_engine(tmp_path, Role.READER)
    for act in (
        reader.compact,
        lambda: reader.erase(np.array([1])),
        lambda: reader.rebuild(1, np.array([1]), code_of(1)),
    ):
        with pytest.raises(NotTheWriter):
            act()


def test_a_reader_follows_its_writer(tmp_path):
    """A reader ahead of, at and behind the writer's manifest ends with the same content."""
    writer = open_engine(tmp_path, Role.WRITER)
    readers = [open_engine(tmp_path, Role.READER) for _ in range(3)]
    for number in range(1, 121):
        writer.apply(change(number))
        for reader, every in zip(readers, (1, 7, 50), strict=True):
            if number % every == 0:
                for missing in range(reader.status().sequence + 1, number + 1):
                    reader.apply(change(missing))
        if number % 25 == 0:
            writer.compact()
            assert all(reader.refresh() for reader in readers)
            assert not any(reader.refresh() for reader in readers)
            assert all(reader.status().sequence >= number for reader in readers)
    for engine in (writer, *readers):
        check(engine, 120)
    writer.close()


def test_batches_from_before_newer_files_change_nothing(tmp_path):
    """A reader that switched to newer files ignores batches that they hold, and revives nothing."""
    writer = open_engine(tmp_path, Role.WRITER)
    reader = open_engine(tmp_path, Role.READER)
    for number in range(1, 101):
        writer.apply(change(number))
    writer.compact()
    assert reader.refresh()
    for number in range(1, 101):
        reader.apply(change(number))
    assert reader.status() == writer.status()
    assert reader.status().delta_size == 0
    writer.close()


def test_a_reader_ahead_of_a_new_beginning_does_not_take_over(tmp_path):
    """When a writer discarded the files and died, a reader of the old ones is `NotReady` to write."""
    writer = open_engine(tmp_path, Role.WRITER)
    for number in range(1, 101):
        writer.apply(change(number))
    writer.compact()
    reader = open_engine(tmp_path, Role.READER)
    writer.close()
    ExactCodeEngine.open(
        tmp_path, role=Role.WRITER, family="pdq-1", epoch="e1", key=b"k", profile=PROFILE, discard=True
    ).close()
    assert not reader.refresh()
    check(reader, 100)
    with pytest.raises(NotReady):
        reader.try_become_writer()
    assert reader.role is Role.READER
    assert open_engine(tmp_path, Role.WRITER).status().size == 0


def test_an_erasure_counts_in_other_processes_before_their_log_says_so(tmp_path):
    """A reader does not find what the writer erased before its own log says so, nor miscounts it later."""
    writer = open_engine(tmp_path, Role.WRITER)
    for number in range(1, 101):
        writer.apply(change(number))
    writer.compact()
    reader = open_engine(tmp_path, Role.READER)
    writer.erase(np.array([100]))
    assert not len(reader.search(code_of(100), 31))
    reader.apply(Changes(sequence=101, remove_ids=np.array([100])))
    writer.apply(Changes(sequence=101, remove_ids=np.array([100])))
    assert reader.status().checksum == writer.status().checksum
    writer.close()


def killed_after(folder, rng) -> int:
    """Run a writer in another process, kill it at a random moment, and return the last sequence that it printed."""
    with subprocess.Popen([sys.executable, __file__, folder], stdout=subprocess.PIPE, text=True) as child:
        told = [int(child.stdout.readline()) for _ in range(rng.randint(1, 4))]
        timer = threading.Timer(rng.random() * 0.03, child.kill)
        timer.start()
        told += [int(line) for line in child.stdout if line.endswith("\n")]
        timer.join()
    return told[-1]


def test_killed_at_any_moment_the_next_writer_goes_on(tmp_path):
    """A writer killed 10 times while it applies, erases and compacts leaves files that the next writer continues."""
    rng = random.Random(3)
    for _ in range(10):
        reached = killed_after(tmp_path, rng)
        reader = open_engine(tmp_path, Role.READER) if not (tmp_path / JOURNAL).exists() else None
        engine = reader or open_engine(tmp_path, Role.WRITER)
        assert engine.try_become_writer()
        assert engine.status().sequence >= reached
        check(engine, engine.status().sequence + 5)
        engine.verify()
        engine.close()


def test_a_reader_is_not_ready_while_a_dead_writers_erasure_waits(tmp_path, monkeypatch):
    """Files half-way through an erasure are `NotReady` for readers until the next writer has finished it."""
    writer = open_engine(tmp_path, Role.WRITER)
    for number in range(1, 101):
        writer.apply(change(number))
    writer.compact()
    disk = writer._disk
    monkeypatch.setattr(disk, "replace", _end_at_manifest(disk.replace))
    with pytest.raises(KeyboardInterrupt):
        writer.erase(np.array([100]))
    writer._maintenance.writer.release()
    assert (tmp_path / JOURNAL).exists()
    with pytest.raises(NotReady):
        open_engine(tmp_path, Role.READER)
    next_writer = open_engine(tmp_path, Role.WRITER)
    assert not (tmp_path / JOURNAL).exists()
    assert next_writer.status().size == len(held_after(100)) - 1
    assert open_engine(tmp_path, Role.READER).status().size == next_writer.status().size
    next_writer.close()


def _end_at_manifest(replace):
    def end(old, new):
        if new.name == "manifest.json":
            raise KeyboardInterrupt
        replace(old, new)

    return end


@pytest.mark.parametrize("calls_off", [1, 5])
def test_erasure_beside_a_compaction_reaches_the_file_being_built(tmp_path, monkeypatch, calls_off):
    """Ids erased while a compaction writes are in no file afterwards, however often that happens."""
    writer = open_engine(tmp_path, Role.WRITER)
    for number in range(1, 101):
        writer.apply(change(number))
    erased = []
    write = FolderWriter.write

    def write_and_erase(keeper, plan, sequence, ids, *rest):
        if len(erased) < calls_off:
            target = int(ids[len(erased)])
            thread = threading.Thread(target=writer.erase, args=(np.array([target]),))
            thread.start()
            thread.join()
            erased.append(target)
        return write(keeper, plan, sequence, ids, *rest)

    monkeypatch.setattr(FolderWriter, "write", write_and_erase)
    assert writer.compact()
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    permutation = writer._settings.row_format.permutation
    for target in erased:
        assert permutation.apply(code_of(target)).tobytes() not in everything
    assert len(erased) == min(calls_off, 3)
    assert writer.status().size == len(held_after(100)) - len(erased)
    kept = [n for n in held_after(100) if n not in erased]
    assert writer.search(np.concatenate([code_of(n) for n in kept]), 31).ids.tolist() == kept
    writer.close()


def test_searches_go_on_beside_compactions(tmp_path):
    """While another thread applies and compacts, each search sees every change applied before it."""
    writer = open_engine(tmp_path, Role.WRITER)
    failures = []
    applied = [0]
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            least = applied[0]
            number = random.randint(1, max(1, least))
            found = writer.search(code_of(number), 31).ids.tolist()
            expected = number in held_after(max(least, number + 1)) and number <= least
            if expected and found != [number]:
                failures.append((least, number, found))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 151):
        writer.apply(change(number))
        applied[0] = number
        if number % 10 == 0:
            writer.compact(everything=number % 50 == 0)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    writer.close()


if __name__ == "__main__":
    live(Path(sys.argv[1]))
