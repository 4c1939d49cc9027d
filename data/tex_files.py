"""The .tex files of papers, from folders and archives, paper by paper and in memory: nothing is unpacked to disk.

    for paper in find_papers(Path('arXiv_src_2001_001.tar')):
        read_paper(paper)                     # {'main.tex': '...', 'macros.sty': '...'}

A paper is a folder that has .tex files in it, with all below it; an archive may be one paper, or hold folders or
further archives of one paper each (arXiv's bulk files: a .tar of .gz, each a .tar or a single file). Of .tex files that
lie loose in the folder given, each that has a \\documentclass is a paper.
"""

import contextlib
import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .tables import DataError

SOURCES = ('.tex', '.ltx', '.latex', '.sty', '.cls')
DOCUMENTS = ('.tex', '.ltx', '.latex')
ARCHIVES = ('.tar', '.gz', '.tgz', '.zip')
LIMIT = 1 << 25
"""most bytes of a paper's sources, and of a paper's archive"""
BROKEN = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, ValueError, RuntimeError)


@dataclass(frozen=True)
class Paper:
    """A paper that has not been read: files on disk, or the content of files or of an archive, by name."""

    name: str
    paths: Mapping[str, Path] = field(default_factory=dict)
    content: Mapping[str, bytes] = field(default_factory=dict)


def is_tex_source(path: Path) -> bool:
    """Whether a file, or anything in a folder, may hold papers."""
    if path.is_dir():
        return any(file.suffix.lower() in (*DOCUMENTS, *ARCHIVES) for file in path.rglob('*'))
    return path.name.lower().endswith((*DOCUMENTS, *ARCHIVES))


def find_papers(path: Path) -> Iterator[Paper]:
    """The papers of a file or folder, in order of their names. Raises DataError: it is not there, or no archive."""
    if path.is_dir():
        yield from _in_folder(path)
    elif not path.is_file():
        raise DataError(f'{path}: no such file or folder')
    elif path.suffix.lower() in DOCUMENTS:
        yield Paper(path.stem, {path.name: path})
    else:
        try:
            yield from _in_archive(path)
        except BROKEN as error:
            raise DataError(f'{path}: cannot be read: {error}') from error


def read_paper(paper: Paper) -> dict[str, str]:
    """The text of a paper's sources. Raises DataError: it is broken, or more than `LIMIT` bytes."""
    files: dict[str, bytes] = {}
    try:
        for name, path in paper.paths.items():
            with open(path, 'rb') as file:
                files[name] = file.read(LIMIT + 1)
            _check(files)
        for name, content in paper.content.items():
            files |= _unpacked(name, content)
            _check(files)
    except BROKEN as error:
        raise DataError(str(error)) from error
    return {name: _decoded(content) for name, content in files.items()}


def _in_folder(folder: Path) -> Iterator[Paper]:
    files: dict[str, Path] = {}
    archives: list[Path] = []
    for path in sorted(folder.rglob('*')):
        if path.is_symlink() or not path.is_file():
            continue
        if path.suffix.lower() in SOURCES:
            files[path.relative_to(folder).as_posix()] = path
        elif path.suffix.lower() in ARCHIVES:
            archives.append(path)
    for name, names in _grouped(files):
        paths = {member: files[member] for member in names}
        mains = [member for member, path in paths.items() if _is_main(member, path)] if name == '' else []
        if len(mains) > 1:
            shared = {member: path for member, path in paths.items() if member not in mains}
            yield from (Paper(PurePosixPath(main).stem, {main: paths[main], **shared}) for main in mains)
        else:
            yield Paper(name or folder.resolve().name, paths)
    for archive in archives:
        try:
            yield from _in_archive(archive)
        except BROKEN:
            yield Paper(archive.name, {archive.name: archive})  # among many one is broken: whoever reads it says so


def _in_archive(path: Path) -> Iterator[Paper]:
    """The papers of an archive, which is read as a stream; only what a paper needs is held."""
    stem = path.name.removesuffix(path.suffix).removesuffix('.tar')
    if zipfile.is_zipfile(path):
        members = _zip_members(path)
    elif tarfile.is_tarfile(path):
        members = _tar_members(path)
    else:
        yield Paper(stem, content={path.name: _bounded(path.read_bytes() if path.stat().st_size <= LIMIT else b'')})
        return
    files: dict[str, bytes] = {}
    for name, content in members:
        if name.lower().endswith(ARCHIVES):
            yield Paper(PurePosixPath(name).name.rpartition('.')[0], content={name: content})
        else:
            files[name] = content
            _check(files)
    for name, names in _grouped(files):
        yield Paper(f'{stem}/{name}' if name else stem, content={member: files[member] for member in names})


def _zip_members(path: Path | io.BytesIO) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.lower().endswith((*SOURCES, *ARCHIVES)) and not info.is_dir():
                with archive.open(info) as file:
                    yield info.filename, _bounded(file.read(LIMIT + 1))


def _tar_members(source: Path | io.BytesIO) -> Iterator[tuple[str, bytes]]:
    with (
        open(source, 'rb') if isinstance(source, Path) else source as file,
        tarfile.open(fileobj=file, mode='r|*') as archive,
    ):
        for member in archive:
            if member.isfile() and member.name.lower().endswith((*SOURCES, *ARCHIVES)):
                content = archive.extractfile(member)
                if content is not None and member.size <= LIMIT:
                    yield member.name.removeprefix('./'), content.read()


def _unpacked(name: str, content: bytes) -> dict[str, bytes]:
    """The sources in a file or archive; what is no text (a paper that arXiv has as PDF) has none."""
    if content.startswith(b'\x1f\x8b'):
        with gzip.open(io.BytesIO(content)) as file:
            content = _bounded(file.read(LIMIT + 1))
        name = name.removesuffix('.gz')
    if content.startswith(b'PK\x03\x04'):
        return {member: data for member, data in _zip_members(io.BytesIO(content)) if member.endswith(SOURCES)}
    if content[257:262] == b'ustar' or name.endswith(('.tar', '.tgz')):
        members = _tar_members(io.BytesIO(content))
        return {member: data for member, data in members if member.endswith(SOURCES)}
    if content.startswith((b'%PDF', b'%!')) or b'\0' in content[:1000]:
        return {}
    return {name if name.lower().endswith(SOURCES) else f'{name}.tex': content}


def _grouped(names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The topmost folders that have documents in them, '' for the root, and the sources in and below each."""
    folders = {str(PurePosixPath(name).parent) for name in names if name.lower().endswith(DOCUMENTS)}
    groups: dict[str, list[str]] = {}
    for name in names:
        above = [str(parent) for parent in PurePosixPath(name).parents]
        if top := next((folder for folder in reversed(above) if folder in folders), None):
            groups.setdefault(top, []).append(name)
    yield from (('' if folder == '.' else folder, members) for folder, members in sorted(groups.items()))


def _is_main(name: str, path: Path) -> bool:
    if not name.lower().endswith(DOCUMENTS):
        return False
    with contextlib.suppress(OSError), open(path, 'rb') as file:
        return is_main(_decoded(file.read(100_000)))
    return False


def is_main(text: str) -> bool:
    """Whether a file is a document by itself."""
    return '\\documentclass' in text or '\\documentstyle' in text


def _bounded(content: bytes) -> bytes:
    if not 0 < len(content) <= LIMIT:
        raise DataError(f'empty, or larger than {LIMIT} bytes')
    return content


def _check(files: Mapping[str, bytes]) -> None:
    if sum(map(len, files.values())) > LIMIT:
        raise DataError(f'more than {LIMIT} bytes of sources in one paper')


def _decoded(content: bytes) -> str:
    try:
        return content.decode('utf-8')
    except UnicodeDecodeError:
        return content.decode('latin-1')
