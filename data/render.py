"""LaTeX formulas to pages and pictures, by pdfTeX and pdfium.

See one: `python -c "from data.render import render; render(r'x^2').save('formula.png')"`.

Thousands of formulas share one TeX run: every formula becomes a page of its own size in one PDF, and what TeX says
about a formula is kept with that formula. pdfTeX runs without a shell and may only read and write below a temporary
folder, but a formula is still a program: text from strangers belongs in a process with limits of its own.
"""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

from .pdftex import run_pdftex

INSTALL = (
    'pdflatex is not installed; on Debian or Ubuntu: apt-get install --no-install-recommends texlive-latex-base '
    'texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended texlive-science cm-super-minimal lmodern'
)
# Packages which redraw standard symbols (esint) or rename standard commands (physics) stay out: the same formula
# must look the same to every reader of the picture. localmathalphabets lets each formula reuse the few font
# families TeX has, so that the alphabets of one formula never run out because of the others.
PACKAGES = ('amssymb', 'mathtools', 'bm', 'mathrsfs', 'stmaryrd', 'upgreek', 'slashed', 'cancel', 'xcolor')


def preamble(fonts: str = '', own: Collection[str] = ()) -> str:
    """The preamble whose fonts `fonts` chooses; `own` are those of `PACKAGES` that they stand in for."""
    packages = ','.join(package for package in PACKAGES if package not in own)
    return (
        f'\\documentclass[10pt]{{article}}\n\\usepackage{{amsmath}}\n{fonts}\\usepackage{{{packages}}}\n'
        '\\setcounter{localmathalphabets}{8}\n'
    )


PREAMBLE = preamble()
# \outer stops an argument or a skipped conditional that runs past its own formula. A formula which leaves groups open
# has them closed here; what cannot be closed (a conditional, an alignment, a group too few) stops the run by \read,
# which is fatal without a terminal, and the caller starts again behind that formula. The empty paragraph is for TeX's
# count of errors, which ends a run at 100 and is set back by a paragraph's end. The group inside the maths is what
# gives both halves of `a \over b` display style, as in `\[ \]`.
# LaTeX takes a formula's alphabets back where any formula ends, even one in a box inside of it (\bm, \text), and gives
# their families to others while the outer formula still needs them, so that \mathcal shows bold letters: here that
# waits for the next formula.
HARNESS = r"""
\makeatletter
\pdfcompresslevel9 \pdfobjcompresslevel2 \pdfminorversion5
\pdfhorigin1pt \pdfvorigin1pt \hoffset0pt \voffset0pt
\tracinglostchars3 \hfuzz\maxdimen \vfuzz\maxdimen \hbadness10000 \vbadness10000
\AtBeginDocument{\let\label\@gobble \let\nonumber\relax \let\notag\relax}
\expandafter\let\expandafter\Formula@ship\csname tex_shipout:D\endcsname
\ifx\Formula@ship\relax \let\Formula@ship\shipout \fi
\expandafter\let\expandafter\Formula@par\csname tex_par:D\endcsname
\ifx\Formula@par\relax \let\Formula@par\par \fi
\newbox\Formula@box
\def\Formula@say#1{\immediate\write16{^^J::: #1 \Formula@id}}
\def\Formula@stop#1{\errmessage{#1}\read-1 to\Formula@none}
\def\Formula@clean{\ifvmode\else\Formula@stop{Not finished}\fi
  \ifnum\currentgrouplevel>0 \Formula@stop{Groups do not match}\fi}
\let\Formula@freeze\freeze@math@version
\def\freeze@math@version#1{\Formula@freeze{#1}%
  \global\expandafter\let\csname Formula@reset@#1\expandafter\endcsname\csname mv@#1@reset\endcsname
  \global\expandafter\let\csname mv@#1@reset\endcsname\@empty}
\def\Formula@reset{\csname Formula@reset@normal\endcsname \csname Formula@reset@bold\endcsname}
\def\Formula@begin#1{\Formula@clean \Formula@reset \def\Formula@id{#1}\Formula@say{begin}%
  \setbox\Formula@box\hbox\bgroup$\displaystyle\bgroup}
\def\Formula@unwind{\ifnum\currentgrouplevel>3
  \ifcase\currentgrouptype\or\egroup\or\egroup\or\egroup\or\egroup\or\egroup\or\Formula@stop{Unfinished alignment}%
  \or\Formula@stop{Unfinished alignment}\or\egroup\or\egroup\or\egroup\or\egroup\or\egroup\or\egroup
  \or\endgroup\or$\or\right.\fi
  \expandafter\Formula@unwind\fi}
\def\Formula@end{%
  \ifnum\currentiflevel>1 \Formula@stop{Unfinished conditional}\fi
  \ifnum\currentgrouplevel<1 \Formula@stop{Too many groups closed}\fi
  \ifnum\currentgrouplevel=3 \else \errmessage{Groups do not match}\fi
  \Formula@unwind
  \ifnum\currentgrouplevel=3 \egroup\fi
  \ifnum\currentgrouplevel=2 $\fi\egroup
  \pdfpagewidth\wd\Formula@box \advance\pdfpagewidth2pt
  \pdfpageheight\ht\Formula@box \advance\pdfpageheight\dp\Formula@box \advance\pdfpageheight2pt
  \ifdim\pdfpagewidth>4000pt \Formula@stop{Larger than 4000pt}\fi
  \ifdim\pdfpageheight>4000pt \Formula@stop{Larger than 4000pt}\fi
  \Formula@clean \noindent\Formula@par
  \ifdim\wd\Formula@box>0pt \ifdim\pdfpageheight>2pt
    \Formula@ship\box\Formula@box \Formula@say{page}\else\Formula@say{blank}\fi\else\Formula@say{blank}\fi}
\outer\def\FormulaBegin#1{\Formula@begin{#1}}
\outer\def\FormulaEnd{\Formula@end}
\let\FormulaStop\@@end
\makeatother
"""
# What reaches beyond its own formula, or stops TeX or makes it ask; everything else TeX itself judges.
_FORBIDDEN = re.compile(
    r'\\(gdef|xdef|global|globaldefs|csname|makeatletter|ExplSyntaxOn|catcode|endlinechar|escapechar|aftergroup'
    r'|fontdimen|hyphenchar|skewchar|shipout|dump|stop|end\s*\{document\}|enddocument|endinput|input|include|openin'
    r'|openout|read|readline|write|immediate|special|batchmode|scrollmode|errorstopmode|nonstopmode|interactionmode'
    r'|pdf[A-Za-z]*|Formula[A-Za-z]*)(?![A-Za-z])|\^\^'
)
_SYNTAX = re.compile(r'\\(begin|end)\s*\{([^{}]*)\}|\\.|%[^\n]*|[{}$]', re.DOTALL)
_REPORT = re.compile(r'^::: (begin|page|blank) (\d+)$|^(! .*)$|^(l\.\d+ .*)$', re.MULTILINE)


class RenderError(ValueError):
    """A formula that cannot be typeset, or a TeX installation that cannot typeset it; the message is TeX's own."""


@dataclass(frozen=True)
class Typeset:
    """Formulas as pages of one PDF.

    pdf: the document, empty when no formula succeeded. pages: for each formula its page (from 0), or None.
    errors: formula index to TeX's message, for exactly the formulas without a page. A formula with an error may still
    own a page of `pdf`; no index leads there.
    """

    pdf: bytes
    pages: tuple[int | None, ...]
    errors: dict[int, str]


@dataclass
class _Run:
    pdf: bytes
    pages: dict[int, int]
    errors: dict[int, str]
    culprit: int | None  # the formula at which TeX gave up


def cache_folder() -> Path:
    """Where what has to be made once is kept: TeX formats, typeset formulas, cropped pages, normalised labels."""
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'im2latex'


def typeset(formulas: Sequence[str], *, preamble: str = PREAMBLE, timeout: float = 60.0) -> Typeset:
    """Sets each formula in display style at the preamble's size on a page of its own: the box and a margin of 1 pt.

    A formula is what stands inside `\\[ \\]`: `aligned`, `cases` and `array` are welcome, `align` and `equation` are
    not. `\\label` and `\\nonumber` do nothing. A bad formula costs only itself. `timeout` is in seconds for one TeX
    run; a formula that exceeds it is reported like any other error.

    Raises RenderError if pdflatex is missing or rejects the preamble.
    """
    sources = [formula.replace('\r\n', '\n').replace('\r', '\n').strip() for formula in formulas]
    errors = {i: error for i, source in enumerate(sources) if (error := _refuse(source))}
    good = [i for i in range(len(sources)) if i not in errors]
    run, rest = _Run(b'', {}, {}, None), good
    while rest:
        whole = len(rest) == len(good)
        run = _run(sources, rest, preamble, timeout)
        errors |= run.errors
        if run.culprit is None and whole:
            break
        # A run that was cut short leaves no PDF: find what else is wrong behind the culprit, then set the good ones.
        rest = [] if run.culprit is None else rest[rest.index(run.culprit) + 1 :]
        if not rest:
            rest = good = [i for i in good if i not in errors]
    else:
        run = _Run(b'', {}, {}, None)
    pages = tuple(None if i in errors else run.pages[i] for i in range(len(sources)))
    return Typeset(run.pdf if run.pages else b'', pages, dict(sorted(errors.items())))


def rasterize(document: pypdfium2.PdfDocument, page: int, dpi: float) -> Image.Image:
    """Draws one page, whole, as an 8-bit grey picture (mode L, 255 paper, 0 ink), antialiased, ceil(size * dpi / 72).

    pdfium is not thread-safe: one thread a process may draw. A document must be opened in the process that draws it.
    pdfium keeps glyphs it has drawn: what else was drawn from the document moves a few pixels by a few grey levels.
    """
    with (
        contextlib.closing(document[page]) as handle,
        contextlib.closing(handle.render(scale=dpi / 72, grayscale=True)) as bitmap,
    ):
        return bitmap.to_pil().copy()  # to_pil shows memory that close() frees


def render(latex: str, dpi: float = 200, *, preamble: str = PREAMBLE, timeout: float = 10.0) -> Image.Image:
    """Draws one formula (see `typeset` and `rasterize`). Raises RenderError with TeX's message."""
    result = typeset([latex], preamble=preamble, timeout=timeout)
    if (page := result.pages[0]) is None:
        raise RenderError(result.errors[0])
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        return rasterize(document, page, dpi)


def _refuse(source: str) -> str | None:
    """What is wrong with a formula that TeX should not see, since it would take others down with it."""
    if not source:
        return '! Empty formula.'
    if forbidden := _FORBIDDEN.search(source):
        return f'! Forbidden in a formula: {forbidden[0]}'
    scopes: list[str] = []
    for match in _SYNTAX.finditer(source):
        token, environment = match[0], match[2]
        if token == '$' and not scopes:
            return '! Forbidden in a formula: $ outside of a text box.'
        if token == '{':
            scopes.append('{')
        elif token == '}' and (not scopes or scopes.pop() != '{'):
            return '! Extra }, or forgotten \\end.'
        elif match[1] == 'begin':
            scopes.append(environment)
        elif match[1] == 'end' and (not scopes or scopes.pop() != environment):
            return f'! \\end{{{environment}}} does not match.'
    if scopes:
        return '! Missing }.' if scopes[-1] == '{' else f'! Missing \\end{{{scopes[-1]}}}.'
    return None


def _run(sources: Sequence[str], chosen: Sequence[int], preamble: str, timeout: float) -> _Run:
    """One TeX run over the chosen formulas."""
    format_path = _format(preamble)
    body = ''.join(f'\\FormulaBegin{{{i}}}%\n{sources[i]}\n\\FormulaEnd\n' for i in chosen)
    with tempfile.TemporaryDirectory(prefix='formulas-') as folder:
        job = Path(folder, 'job.tex')
        job.write_text(f'\\begin{{document}}\n{body}\\FormulaStop\n', encoding='utf-8', errors='replace')
        output, timed_out = run_pdftex([f'-fmt={format_path.stem}', 'job.tex'], folder, format_path.parent, timeout)
        pdf_path = job.with_suffix('.pdf')
        pdf = pdf_path.read_bytes() if pdf_path.exists() else b''
    pages: dict[int, int] = {}
    errors: dict[int, str] = {}
    begun, ended, message = -1, 0, ''  # positions in `chosen`: the last to begin, the first not to have ended
    for event, value in _report(output):
        if event == 'error':
            message = message or value
        elif ended == len(chosen) or int(value) != chosen[ended]:
            break  # a formula swallowed its own end or the beginning of the next
        elif event == 'begin':
            begun, message = ended, ''
        else:
            if event == 'page':
                pages[chosen[ended]] = len(pages)
            else:
                message = message or '! Nothing to print.'
            if message:
                errors[chosen[ended]] = message
            ended, message = ended + 1, ''
    if ended < len(chosen):
        if begun < 0 and not timed_out:
            raise RenderError(f'pdflatex failed: {message or output[-500:].strip()}')
        culprit = chosen[ended if timed_out else begun]
        errors.setdefault(
            culprit, f'! Not finished after {timeout:g} s.' if timed_out else message or '! Not finished.'
        )
        return _Run(b'', {}, errors, culprit)
    if pages and not pdf:
        raise RenderError(f'pdflatex failed: {message or output[-500:].strip()}')
    return _Run(pdf, pages, errors, None)


def _report(output: str) -> Iterator[tuple[str, str]]:
    """TeX's terminal output as events: ('begin' | 'page' | 'blank', id) and ('error', message with its context)."""
    error = ''
    for match in _REPORT.finditer(output):
        name, formula, message, context = match.groups()
        if context and error:  # the line up to where TeX stopped reading: its end names the command
            where = context.partition(' ')[2].strip()[-60:]
            error += f' ({where})' if where and 'Formula' not in where else ''
        if error:
            yield 'error', error
        # \outer macros, the harness's alone, are what TeX calls forbidden.
        error = re.sub(r'\\Formula[@A-Za-z]*', 'the formula', message or '').replace(
            'Forbidden control sequence found', 'Formula ended'
        )
        if name:
            yield name, formula
    if error:
        yield 'error', error


def _format(preamble: str) -> Path:
    """The preamble as a dumped TeX format, made once and kept in the user's cache: saves half a second a run."""
    program = shutil.which('pdflatex')
    if program is None:
        raise RenderError(INSTALL)
    stamp = f'{os.path.realpath(program)} {os.stat(program).st_mtime_ns}'
    name = 'formulas-' + hashlib.sha256(f'{stamp}\n{preamble}\n{HARNESS}'.encode()).hexdigest()[:16]
    cache = cache_folder()
    path = cache / f'{name}.fmt'
    if path.exists():
        return path
    try:
        cache.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix='.format-', dir=cache)
    except OSError as cause:
        raise RenderError(f'cannot keep a TeX format in {cache} ({cause.strerror}); set XDG_CACHE_HOME') from cause
    with scratch as folder:
        Path(folder, f'{name}.tex').write_text(f'{preamble}{HARNESS}\\dump\n', encoding='utf-8')
        output, _ = run_pdftex(['-ini', f'-jobname={name}', '&pdflatex', f'{name}.tex'], folder, None, 120.0)
        made = Path(folder, path.name)
        if (error := next((value for event, value in _report(output) if event == 'error'), '')) or not made.exists():
            raise RenderError(f'the preamble does not work: {error or output[-500:].strip()}')
        os.replace(made, path)
    return path
