"""`takedown enrol-persons`: a folder of folders, with a made-up registry in the place of one."""

import json
import os
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from index.errors import FaceError, IndexingError
from registry.cli.commands import persons
from registry.client.replies import EnrolReply, Problem
from registry.errors import FaceNotAlone, FaceNotFound, FaceUnfit, RegistryError

PNG = b"\x89PNG\r\n\x1a\n"


class MadeUpRegistry:
    """Implements `registry.cli.backends.Backend`: photographs by their bytes, in cases, and troubles by their bytes."""

    def __init__(self):
        self.cases = {}
        self.asked = []
        self.troubles = {}

    def enrol(self, media, **asked):
        """Registers a photograph, unless there is trouble with it."""
        data = media.whole()
        self.asked.append((data, asked))
        if data in self.troubles:
            raise Problem(self.troubles[data], "A trouble.", 422)
        case = asked["case"]
        known = next((name for name, held in self.cases.items() if data in held), None)
        if case is None and known is None:
            case = f"case_{len(self.cases) + 1}"
        holder = known if case is None else case
        held = self.cases.setdefault(holder, [])
        is_new = data not in held
        if is_new:
            held.append(data)
        return EnrolReply(
            outcome="enrolled" if is_new else "duplicate",
            case=holder,
            reference=f"ref_{held.index(data)}",
            found_by=("file", "likeness"),
            inner=(),
        )


@pytest.fixture
def registry(monkeypatch):
    """A made-up registry that the command talks to."""
    made_up = MadeUpRegistry()

    @contextmanager
    def opening(_target, *, index):
        assert index is False
        yield made_up

    monkeypatch.setattr(persons, "open_backend", opening)
    return made_up


@pytest.fixture
def folder(tmp_path):
    """Three people of three photographs each, whose bytes tell them apart."""
    for person in ("alice", "bora", "chaewon"):
        for number in range(3):
            photograph(tmp_path, person, f"{number}.png")
    return tmp_path


def photograph(folder, person, name, data=None):
    path = folder / person / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(PNG + f"{person} {name}".encode() if data is None else data)
    return path


def bytes_of(person, name):
    return PNG + f"{person} {name}".encode()


def run(folder, *arguments):
    done = CliRunner().invoke(persons.command, [str(folder), "--consent", "--json", *arguments])
    *lines, summary = map(json.loads, done.stdout.splitlines())
    return done.exit_code, lines, summary


def troubled(folder, *arguments):
    done = CliRunner().invoke(persons.command, [str(folder), "--consent", *arguments])
    return done.exit_code, done.stdout, done.stderr


def outcomes(lines):
    return [(os.path.relpath(line["file"], line["person"]), line["outcome"], line["code"]) for line in lines]


def test_each_person_gets_a_case(registry, folder):
    """Each sub-folder becomes one case with its photographs in the order of their names, and every line is told."""
    code, lines, summary = run(folder)
    assert code == 0
    assert sorted(registry.cases.values()) == [
        [bytes_of(person, f"{number}.png") for number in range(3)] for person in ("alice", "bora", "chaewon")
    ]
    assert [line["file"] for line in lines] == [
        str(folder / person / f"{number}.png")
        for person in ("alice", "bora", "chaewon")
        for number in range(3)
    ]
    assert summary == {
        "persons": 3,
        "photographs": 9,
        "refused": 0,
        "postponed": 0,
        "unverified": 0,
        "few": {},
    }


def test_only_photographs_leave_the_machine(registry, folder):
    """The request has the kind, the level and the consent, and no name of a folder or a file."""
    run(folder, "--level", "V3")
    first = {"case": None, "kind": "likeness", "level": "V3", "consent": True}
    assert [asked for _, asked in registry.asked if asked["case"] is None] == [first] * 3
    for _, asked in registry.asked:
        assert asked | {"case": None, "level": "V3"} == first
        assert (asked["level"] is None) == (asked["case"] is not None)


def test_running_again_makes_nothing_twice(registry, folder):
    """A second run answers duplicates from the same cases, and what was added last goes into them."""
    _, before, _ = run(folder)
    photograph(folder, "bora", "9.png")
    code, after, summary = run(folder)
    assert code == 0
    added = [line for line in after if line["outcome"] == "enrolled"]
    assert [line["file"] for line in added] == [str(folder / "bora" / "9.png")]
    cases = {line["person"]: line["case"] for line in before}
    assert {line["person"]: line["case"] for line in after} == cases
    assert len(registry.cases) == 3
    assert summary["photographs"] == 10


@pytest.mark.parametrize("number", range(3))
def test_a_run_that_ended_is_gone_on_with(registry, folder, number):
    """Wherever the connection was lost, the next run leaves every person with one case."""
    registry.troubles = {bytes_of("bora", f"{number}.png"): "no-answer"}
    code, _, told = troubled(folder)
    assert code == 1
    assert "(no-answer)" in told
    registry.troubles.clear()
    code, _, summary = run(folder)
    assert (code, summary["persons"], summary["photographs"]) == (0, 3, 9)
    assert len(registry.cases) == 3


@pytest.mark.parametrize(
    "trouble", ["media-decoders-busy", "rate-limited", "storage-unavailable", "unavailable"]
)
def test_a_passing_trouble_postpones_the_person(registry, folder, trouble):
    """Where the first photograph cannot be taken now, no other one opens the case in its place."""
    registry.troubles = {bytes_of("bora", "0.png"): trouble}
    code, lines, summary = run(folder)
    assert code == 1
    assert outcomes(lines)[3:6] == [(f"{number}.png", "postponed", trouble) for number in range(3)]
    assert (summary["persons"], summary["postponed"]) == (2, 3)
    assert summary["few"] == {str(folder / "bora"): 0}
    assert bytes_of("bora", "1.png") not in [data for data, _ in registry.asked]
    registry.troubles.clear()
    assert run(folder)[2]["persons"] == 3
    assert len(registry.cases) == 3


def test_a_passing_trouble_later_postpones_the_photograph(registry, folder):
    """Once a person has a case, one photograph that cannot be taken now does not keep the next one waiting."""
    registry.troubles = {bytes_of("bora", "1.png"): "media-decoders-busy"}
    code, lines, _ = run(folder)
    assert code == 1
    assert [outcome for _, outcome, _ in outcomes(lines)[3:6]] == ["enrolled", "postponed", "enrolled"]
    assert "run it again" in troubled(folder)[1]


@pytest.mark.parametrize(
    "trouble", [FaceNotFound.code, FaceNotAlone.code, FaceUnfit.code, "media-undecodable", "refused"]
)
def test_a_photograph_that_does_not_do_is_passed_over(registry, folder, trouble):
    """A refused first photograph leaves the case to the next one, in each run to the same."""
    registry.troubles = {bytes_of("bora", "0.png"): trouble}
    for outcome in ("enrolled", "duplicate"):
        code, lines, summary = run(folder)
        assert code == 1
        assert outcomes(lines)[3:6] == [
            ("0.png", "refused", trouble), ("1.png", outcome, None), ("2.png", outcome, None)
        ]  # fmt: skip
        assert (summary["persons"], summary["refused"]) == (3, 1)
        assert len(registry.cases) == 3


@pytest.mark.parametrize(
    "trouble",
    [
        "likeness-not-offered",
        "not-permitted",
        "not-authenticated",
        "level-too-low",
        "face-engine-unavailable",
    ],
)
def test_what_would_meet_every_photograph_ends_the_command(registry, folder, trouble):
    """A key that may not register, or a registry without faces, is told in one line instead of once a photograph."""
    registry.troubles = {bytes_of("alice", "0.png"): trouble}
    code, out, told = troubled(folder)
    assert (code, told.count("\n")) == (1, 1)
    assert f"({trouble})" in told
    assert "alice" not in out


def test_a_photograph_of_two_persons_is_refused(registry, folder):
    """The same bytes in two folders are refused in both, and lead nobody's photographs into another's case."""
    both = b"both" + PNG
    photograph(folder, "alice", ".png", both)  # hidden: counts for nobody
    photograph(folder, "alice", "!.png", both)
    photograph(folder, "chaewon", "!.png", both)
    photograph(folder, "bora", "2.png", bytes_of("bora", "1.png"))  # twice in one folder: no harm
    code, lines, summary = run(folder)
    assert code == 1
    refused = [line["file"] for line in lines if line["code"] == "two-persons"]
    assert refused == [str(folder / person / "!.png") for person in ("alice", "chaewon")]
    assert len(registry.cases) == 3
    assert both not in [data for data, _ in registry.asked]
    assert (summary["persons"], summary["refused"], len(lines)) == (3, 2, 11)


def test_a_case_is_one_persons(registry, folder):
    """A photograph that another folder's case holds is refused, and the rest of its folder stays apart from that."""
    registry.cases = {"case_old": [bytes_of("alice", "0.png"), bytes_of("bora", "0.png")]}
    code, lines, _ = run(folder)
    assert code == 1
    [stranger] = {line["person"] for line in lines if line["code"] == "two-persons"}
    cases = {line["person"]: line["case"] for line in lines if line["case"] is not None}
    assert len(set(cases.values())) == 3
    assert cases[stranger] != "case_old"


def test_few_photographs_are_told(registry, folder):
    """A person with fewer than three registered photographs is named, and it is no failure."""
    (folder / "bora" / "1.png").unlink()
    (folder / "empty").mkdir()
    code, out, told = troubled(folder)
    assert code == 0
    assert [line.split(":")[0] for line in told.splitlines()] == [
        str(folder / name) for name in ("bora", "empty")
    ]
    assert ": only 2 photographs" in told
    assert out.splitlines()[-1] == "3 persons, 8 photographs, 0 refused"
    assert out.splitlines()[0].startswith(f"{folder / 'alice' / '0.png'}: enrolled as ref_0 in case_")
    assert len(registry.cases) == 3


def test_what_is_no_photograph_is_refused_here(registry, folder):
    """Files of nobody, folders in folders, pipes and clips are refused by name, and nothing of them is sent."""
    (folder / "note.txt").write_text("whose?", encoding="ascii")
    (folder / "alice" / "more").mkdir()
    os.mkfifo(folder / "alice" / "pipe.png")
    photograph(folder, "bora", "clip.mp4", b"\0\0\0\x18ftypisom" + bytes(100))
    code, lines, summary = run(folder)
    assert code == 1
    codes = {line["file"].rsplit("/", 1)[1]: line["code"] for line in lines if line["outcome"] == "refused"}
    assert codes == {
        "note.txt": "no-person",
        "more": "file-unreadable",
        "pipe.png": "file-unreadable",
        "clip.mp4": "media-unknown-format",
    }
    assert (summary["refused"], summary["photographs"], len(registry.asked)) == (4, 9, 9)


@pytest.mark.parametrize(
    "arguments", [["--level", "V1"], ["--level", "V0"], ["--url", "http://127.0.0.1:1", "--data", "."]]
)
def test_wrong_usage_registers_nothing(registry, folder, arguments):
    """A level below V2 is wrong usage, and so is a contradiction."""
    assert troubled(folder, *arguments)[0] == 2
    assert registry.asked == []


def test_consent_is_said_aloud(registry, folder):
    """Without `--consent` nobody is registered."""
    done = CliRunner().invoke(persons.command, [str(folder)])
    assert done.exit_code == 2
    assert "consent" in done.stderr
    assert registry.asked == []


def test_a_folder_of_files_is_wrong_usage(registry, folder):
    """A person's own folder is not taken for a folder of persons."""
    code, _, told = troubled(folder / "alice")
    assert (code, registry.asked) == (2, [])
    assert "must hold a sub-folder" in told


def test_every_fault_of_one_photograph_exists():
    """The error codes that the command distinguishes are codes of the registry."""
    known = {error.code for error in (*leaves(IndexingError), *leaves(RegistryError))}
    own = known | {"file-unreadable", persons.TWO_PERSONS}
    assert own >= persons._OWN_FAULTS
    assert known >= persons._PASSING
    assert not {error.code for error in leaves(FaceError)} & (persons._OWN_FAULTS | persons._PASSING)


def leaves(error):
    for inner in error.__subclasses__():
        yield inner
        yield from leaves(inner)
