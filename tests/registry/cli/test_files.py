"""`takedown enrol`, `check` and `withdraw` on a data folder."""

import pytest

from tests.support.usecases.verifying import raise_in_folder

ENROL_KEYS = ["file", "outcome", "case", "reference", "code", "found_by", "inner", "level"]
CHECK_KEYS = [
    "file",
    "outcome",
    "check_id",
    "verdict",
    "band",
    "kinds",
    "segments",
    "reason",
    "boxes",
]


def enrolled(shell, picture, *more):
    done = shell.run("enrol", picture, "--level", "V1", "--json", *more)
    assert done.code == 0, done.err
    raise_in_folder(shell.data, done.lines[0]["case"])
    return done.lines[0]


def test_a_copy_is_blocked_and_gone_after_withdrawal(shell, pictures):
    """Enrol, check, withdraw, check again: 20, then 0."""
    case = enrolled(shell, pictures / "photo.jpg")["case"]
    done = shell.run("check", pictures / "copy.jpg", pictures / "unrelated.jpg", "--json")
    assert done.code == 20
    assert [line["verdict"] for line in done.lines] == ["block", "allow"]
    assert shell.run("withdraw", case).code == 0
    assert shell.run("check", pictures / "copy.jpg").code == 0


def test_a_case_at_v0_is_reviewed(shell, pictures):
    """Without a level a match is for review, with exit code 10."""
    assert shell.run("enrol", pictures / "photo.jpg").code == 0
    assert shell.run("check", pictures / "copy.jpg").code == 10


def test_lines_have_the_stable_keys_and_the_order_given(shell, pictures):
    """One JSON line a file, in the order given, with the documented names."""
    files = [pictures / name for name in ("photo.jpg", "text.jpg", "flat.png", "unrelated.jpg")]
    done = shell.run("enrol", *files, "--json")
    assert done.code == 1
    assert [line["file"] for line in done.lines] == [str(file) for file in files]
    assert all(list(line) == ENROL_KEYS for line in done.lines)
    assert [(line["outcome"], line["code"]) for line in done.lines] == [
        ("enrolled", None),
        ("refused", "media-unknown-format"),
        ("refused", "media-low-information"),
        ("enrolled", None),
    ]
    done = shell.run("check", *files, "--json")
    assert done.code == 1
    assert all(list(line)[:9] == CHECK_KEYS for line in done.lines)
    assert [line["verdict"] for line in done.lines] == ["review", None, None, "review"]


WHOLE = {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}


def test_lines_say_how_and_where_it_matches(shell, pictures):
    """A match has its kinds and boxes, in JSON and in words as far as they read; what is allowed has neither."""
    enrolled(shell, pictures / "photo.jpg")
    files = [pictures / name for name in ("copy.jpg", "unrelated.jpg")]
    copy, unrelated = shell.run("check", *files, "--json").lines
    assert (copy["kinds"], copy["boxes"]) == (["copy"], [WHOLE])
    assert (unrelated["kinds"], unrelated["boxes"]) == ([], [])
    assert shell.run("check", *files).out.splitlines() == [
        f"{files[0]}: block, copy (tight_match)",
        f"{files[1]}: allow (no_match)",
    ]


def test_copies_only_keeps_less_and_says_so(shell, pictures):
    """With `--copies-only` a file is not found in edits; the line says so, in JSON and in words."""
    one, other = pictures / "photo.jpg", pictures / "unrelated.jpg"
    assert enrolled(shell, one)["found_by"] == ["file", "copies", "edits"]
    assert enrolled(shell, other, "--copies-only")["found_by"] == ["file", "copies"]
    assert "not found" not in shell.run("enrol", one).out
    said = shell.run("enrol", other).out
    assert "; not found in crops and edits" in said
    assert "not found in copies" not in said


def test_a_picture_within_is_told(shell, pictures, tmp_path):
    """Where a file holds pictures the line says where, and that they should be registered by themselves."""
    from PIL import Image  # noqa: PLC0415

    page = Image.new("RGB", (1080, 1920), (240, 240, 240))
    page.paste(Image.open(pictures / "unrelated.jpg").resize((720, 480)), (180, 600))
    page.save(tmp_path / "page.png")
    inner = enrolled(shell, tmp_path / "page.png")["inner"]
    assert [round(inner[0][side], 1) for side in ("left", "top", "right", "bottom")] == [0.2, 0.3, 0.8, 0.6]
    count = f"{len(inner)} pictures: register them" if len(inner) > 1 else "1 picture: register it"
    assert f"; holds {count} by " in shell.run("enrol", tmp_path / "page.png").out


def test_enrolling_again_is_a_duplicate(shell, pictures):
    """The same file again is no error, and names the case that holds it, with the level it has now."""
    first = enrolled(shell, pictures / "photo.jpg")
    again = enrolled(shell, pictures / "photo.jpg")
    assert again == {**first, "outcome": "duplicate", "level": "V1"}  # verified meanwhile


def test_files_can_be_put_in_one_case(shell, pictures):
    """`--case` adds to a case, and refuses one that was withdrawn."""
    case = enrolled(shell, pictures / "photo.jpg")["case"]
    done = shell.run("enrol", pictures / "unrelated.jpg", "--case", case, "--json")
    assert done.lines[0]["case"] == case
    shell.run("withdraw", case)
    done = shell.run("enrol", pictures / "unrelated.jpg", "--case", case, "--json")
    assert (done.code, done.lines[0]["code"]) == (1, "case-withdrawn")


@pytest.mark.parametrize("end", [b"\n", b"\0"], ids=["newline", "nul"])
def test_names_come_from_standard_input(shell, pictures, end):
    """`-` reads names ended by newline or NUL."""
    names = [str(pictures / name).encode() for name in ("photo.jpg", "unrelated.jpg")]
    done = shell.run("enrol", "-", "--json", stdin=end.join(names) + end)
    assert [line["outcome"] for line in done.lines] == ["enrolled", "enrolled"]


def test_a_missing_file_is_named_and_the_rest_is_done(shell, pictures):
    """A file that is not there fails alone."""
    done = shell.run("enrol", pictures / "nothing.jpg", pictures / "photo.jpg", "--json")
    assert done.code == 1
    assert [line["code"] for line in done.lines] == ["file-unreadable", None]


@pytest.mark.parametrize(
    "arguments",
    [
        ["enrol"],
        ["check"],
        ["check", "-"],
        ["enrol", "x.jpg", "--kind", "excluded_interval"],
        ["enrol", "x.jpg", "--level", "V9"],
        ["enrol", "x.jpg", "--level", "V1", "--case", "case_0000000000000000"],
        ["check", "x.jpg", "--url", "http://127.0.0.1:9"],
        ["check", "x.jpg", "--key", "tdr_secret"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(shell, arguments):
    """Wrong usage writes nothing and ends with 2."""
    done = shell.run(*arguments, stdin=b"")
    assert (done.code, done.out) == (2, "")


def test_a_folder_without_a_registry_is_no_empty_registry(tmp_path, shell, pictures):
    """A mistyped folder is an error, not a registry that allows everything."""
    done = shell.run("check", pictures / "photo.jpg", "--data", tmp_path / "elsewhere")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "storage-unavailable" in done.err


def test_an_unknown_case_is_one_line(shell):
    """A failure is one line without a traceback."""
    done = shell.run("withdraw", "case_0000000000000000")
    assert done.code == 1
    assert done.err == "takedown: There is nothing here under this id (not-found)\n"
