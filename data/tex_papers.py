"""The formulas of a paper, from its sources: files joined, macros expanded, maths cut out.

for paper in find_papers(Path('sources/')):
    formulas, problems = paper_formulas(paper)
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from .latex_symbols import STANDARD
from .tables import DataError
from .tex_files import DOCUMENTS, LIMIT, Paper, is_main, read_paper
from .tex_macros import EndlessError, Expander
from .tex_maths import Formula, cut

DEPTH = 16
"""how many files deep inputs nest"""
_COMMENT = re.compile(r'\\.|%[^\n]*+(?:\n[ \t]*+)?', re.DOTALL)
_VERBATIM = re.compile(r'\\begin\{(verbatim|Verbatim|lstlisting|minted|comment|filecontents)\*?\}')
_INPUT = re.compile(
    r'\\(?:input|include|subfile)\s*+(?:\{([^{}\n]*)\}|([^\s{}\\]+))'
    r'|\\(?:usepackage|RequirePackage)\s*+(?:\[[^\[\]]*\])?\s*+\{([^{}]*)\}'
)


def paper_formulas(paper: Paper) -> tuple[list[Formula], Counter[str]]:
    """The formulas of a paper in their order, and how many were left out, by reason."""
    problems: Counter[str] = Counter()
    formulas: list[Formula] = []
    try:
        files = read_paper(paper)
    except DataError:
        return [], Counter({'paper: broken, empty or too large': 1})
    expander = Expander(STANDARD)
    try:
        for text, style in _documents(files):
            for found in cut(expander.expand(text, style=style)):
                if isinstance(found, Formula):
                    formulas.append(found)
                else:
                    problems[found] += 1
    except EndlessError:
        problems['paper: macros expand without end'] += 1
    if not formulas and not problems:
        problems['paper: no formulas'] += 1
    return formulas, problems


def _documents(files: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Each document with what it reads put in its place, after the styles that it uses; then the files nobody reads."""
    files = {name: _without_comments(text) for name, text in files.items()}
    used: set[str] = set()
    documents: list[tuple[str, bool]] = []
    names = sorted(files, key=lambda name: (not is_main(files[name]), name))
    for name in names:
        if name not in used and name.lower().endswith(DOCUMENTS):
            styles: list[str] = []
            text = _flat(name, files, used, styles, DEPTH)
            documents += [(style, True) for style in styles] + [(text, False)]
    return documents


def _flat(name: str, files: Mapping[str, str], used: set[str], styles: list[str], depth: int) -> str:
    """A file with its inputs in their places, each file once; the styles it uses are appended to `styles`."""
    used.add(name)
    folder = PurePosixPath(name).parent

    def replace(match: re.Match[str]) -> str:
        if match[3] is not None:
            for package in match[3].split(','):
                file = _find(f'{package.strip()}.sty', folder, files)
                if file is not None and file not in used and depth:
                    styles.append(_flat(file, files, used, styles, depth - 1))
            return ''
        asked = (match[1] or match[2] or '').strip()
        file = next((found for end in ('', '.tex') if (found := _find(asked + end, folder, files))), None)
        return _flat(file, files, used, styles, depth - 1) if file is not None and file not in used and depth else ''

    return _INPUT.sub(replace, files[name])


def _find(name: str, folder: PurePosixPath, files: Mapping[str, str]) -> str | None:
    """The file that a paper calls so: seen from the folder of the file that asks, or from any folder above."""
    for above in (folder, *folder.parents):
        if (path := (above / name).as_posix().removeprefix('./')) in files:
            return path
    return None


def _without_comments(text: str) -> str:
    text = _COMMENT.sub(lambda match: match[0] if match[0][0] == '\\' else '', text[:LIMIT])
    pieces: list[str] = []
    position = 0
    while match := _VERBATIM.search(text, position):
        end = text.find(f'\\end{{{match[1]}', match.end())
        pieces.append(text[position : match.start()])
        position = len(text) if end < 0 else text.find('}', end) + 1 or len(text)
    return ''.join([*pieces, text[position:]])
