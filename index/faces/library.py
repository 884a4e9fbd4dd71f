"""The library of installed engines: one folder per engine, with `manifest.json` and the files that it names.

1. An engine is assembled in a draft folder. Each file is verified by its length and SHA-256 while it is copied, and the
   manifest is written last. All files are on the disk before one rename makes the folder an engine.
2. Opening an engine reads each file once, verifies its length and SHA-256, and loads exactly these bytes.

A folder with an engine's name is therefore complete. If another program changed it, opening the engine detects that.
"""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from index.errors import EngineUnavailable, MalformedManifest
from index.faces.engine import (
    Alignment,
    EngineManifest,
    FaceEngine,
    ModelFile,
    copy_verified,
    read_verified,
    write_settled,
)
from index.faces.manifest_file import MAX_MANIFEST_BYTES, is_engine_id, parse_manifest, print_manifest
from index.resources import exclusive_lock, sync_folder

MANIFEST_NAME: Final = "manifest.json"

_BUILT_IN_PREFIX: Final = "dlib-"
_TOKEN_BYTES: Final = 6
_DRAFT: Final = ".draft-"
_LOCK: Final = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One folder of the library.

    Attributes:
        id: name of the folder.
        manifest: the manifest, or None if it cannot be read; `Library.manifest` then raises the reason.
    """

    id: str
    manifest: EngineManifest | None


class Library:
    """The installed engines. One command at a time changes them; any process may read meanwhile.

    Args:
        folder: folder of the library, which need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The folder of the engines."""
        return self._folder

    def installed(self) -> tuple[Installed, ...]:
        """Return the engines sorted by name, including those that cannot be opened."""
        if not self._folder.is_dir():
            return ()
        names = sorted(path.name for path in self._folder.iterdir() if is_engine_id(path.name))
        return tuple(Installed(id=name, manifest=self._manifest_or_none(name)) for name in names)

    def manifest(self, engine: str) -> EngineManifest:
        """Return an engine's manifest; raise `EngineUnavailable` or `MalformedManifest`."""
        path = self._path(engine) / MANIFEST_NAME
        try:
            with path.open("rb") as file:
                manifest = parse_manifest(file.read(MAX_MANIFEST_BYTES + 1))
        except FileNotFoundError:
            raise EngineUnavailable(f"the engine {engine} is not installed") from None
        if manifest.id != engine:
            raise MalformedManifest("the manifest is that of another engine")
        return manifest

    def verify(self, engine: str) -> EngineManifest:
        """Verify all files of an engine; raise `EngineUnavailable`, `MalformedManifest` or `ModelDamaged`."""
        manifest = self.manifest(engine)
        for file in files_of(manifest):
            read_verified(self._path(engine) / file.name, file)
        return manifest

    def install(self, manifest: EngineManifest, sources: Mapping[str, Path]) -> None:
        """Install an engine from files, and replace an installed engine with the same id.

        Args:
            manifest: the engine's manifest.
            sources: path of each file, by its name in the manifest.

        Raises:
            ModelDamaged: a source is not the file that the manifest names; nothing was changed.
            EngineUnavailable: the installed engine with this id makes other vectors, which cannot be compared.
            MalformedManifest: an engine of this kind cannot be installed.
        """
        require_installable(manifest)
        with self._alone():
            self._require_same_vectors(manifest)
            draft = self._new_draft()
            draft.mkdir(mode=0o755)
            for file in files_of(manifest):
                copy_verified(sources[file.name], draft / file.name, file)
            write_settled(draft / MANIFEST_NAME, print_manifest(manifest))
            sync_folder(draft)
            if self._path(manifest.id).is_dir():
                # A rename cannot replace a folder with files. For a moment there is no folder with the engine's name.
                self._path(manifest.id).rename(self._new_draft())
            draft.rename(self._path(manifest.id))
            sync_folder(self._folder)

    def update(self, manifest: EngineManifest) -> None:
        """Replace the calibration, gates and texts of an installed engine. Its files stay.

        Raises:
            EngineUnavailable: the engine is not installed, or makes other vectors.
        """
        self.manifest(manifest.id)
        with self._alone():
            self._require_same_vectors(manifest)
            draft = self._new_draft()
            write_settled(draft, print_manifest(manifest))
            draft.replace(self._path(manifest.id) / MANIFEST_NAME)
            sync_folder(self._path(manifest.id))

    def remove(self, engine: str) -> None:
        """Remove an engine; raise `EngineUnavailable` if it is not installed."""
        if not self._path(engine).is_dir():
            raise EngineUnavailable(f"the engine {engine} is not installed")
        with self._alone():
            self._path(engine).rename(self._new_draft())
            sync_folder(self._folder)

    def _require_same_vectors(self, manifest: EngineManifest) -> None:
        """Raise `EngineUnavailable` if the installed engine makes other vectors. An unreadable manifest is ignored."""
        known = self._manifest_or_none(manifest.id)
        if known is not None and not makes_same_vectors(known, manifest):
            raise EngineUnavailable(
                f"another engine is installed as {manifest.id}: give this one another id, or remove that one first"
            )

    def _manifest_or_none(self, engine: str) -> EngineManifest | None:
        try:
            return self.manifest(engine)
        except (EngineUnavailable, MalformedManifest):
            return None

    def _path(self, engine: str) -> Path:
        if not is_engine_id(engine):
            raise EngineUnavailable("no engine has such a name")
        return self._folder / engine

    def _new_draft(self) -> Path:
        return self._folder / f"{_DRAFT}{secrets.token_hex(_TOKEN_BYTES)}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the library's lock for the block. Remove remains of killed commands before it, and its own after it."""
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        with exclusive_lock(self._folder / _LOCK):
            self._clear()
            try:
                yield
            finally:
                self._clear()

    def _clear(self) -> None:
        for left in self._folder.glob(f"{_DRAFT}*"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def open_engine(folder: Path, engine: str) -> FaceEngine:
    """Open an installed engine, for one thread at a time.

    Raises:
        EngineUnavailable: the engine is not installed, or the package that runs it is missing.
        MalformedManifest: the engine's manifest cannot be read.
        ModelDamaged: a file is not the one that the manifest names, or is not such a network.
    """
    manifest = manifest_of(folder, engine)
    return open_files(manifest, {file.name: folder / engine / file.name for file in files_of(manifest)})


def open_files(manifest: EngineManifest, files: Mapping[str, Path]) -> FaceEngine:
    """Open an engine from files, by their names in the manifest. They need not be installed. Raise as `open_engine`."""
    require_installable(manifest)
    try:
        from index.faces.onnx_engine import OnnxEngine  # noqa: PLC0415 - the extra `faces` may be missing
    except ImportError as error:
        raise EngineUnavailable("the package onnxruntime is missing: install the extra `faces`") from error
    detector, embedder = (read_verified(files[file.name], file) for file in files_of(manifest))
    return OnnxEngine(manifest, detector=detector, embedder=embedder)


def manifest_of(folder: Path, engine: str) -> EngineManifest:
    """Return an installed engine's manifest; raise `EngineUnavailable` or `MalformedManifest`."""
    return Library(folder).manifest(engine)


def files_of(manifest: EngineManifest) -> tuple[ModelFile, ...]:
    """Return an engine's files: the detector, if there is one, and the embedder."""
    return (*(() if manifest.detector is None else (manifest.detector,)), manifest.embedder)


def makes_same_vectors(one: EngineManifest, other: EngineManifest) -> bool:
    """Return True if vectors of two engines can be compared: only texts, gates and calibration differ."""
    return _vectors_of(one) == _vectors_of(other)


def require_installable(manifest: EngineManifest) -> None:
    """Raise `MalformedManifest` unless the engine is a YuNet and an ArcFace-aligned embedder in two files."""
    if manifest.detector is None or manifest.alignment is not Alignment.ARCFACE_112:
        raise MalformedManifest("an engine to install has a detector's file and the alignment arcface-112")
    names = [file.name.casefold() for file in files_of(manifest)]
    if len({*names, MANIFEST_NAME}) != len(names) + 1:
        raise MalformedManifest(
            "detector.name and embedder.name must differ from each other and from manifest.json"
        )
    if manifest.id.startswith(_BUILT_IN_PREFIX):
        raise MalformedManifest(f"ids that begin with {_BUILT_IN_PREFIX} are those of the built-in engines")


def _vectors_of(manifest: EngineManifest) -> tuple[object, ...]:
    files = tuple((file.name, file.sha256, file.size) for file in files_of(manifest))
    levels = (manifest.bgr, manifest.input_mean, manifest.input_scale)
    return (manifest.id, files, manifest.dimension, manifest.alignment, levels)
