r"""Expands the macros that the author of a LaTeX source defined: `\R` to `\mathbb{R}`, `\be` to `\begin{equation}`.

    ''.join(Expander().expand(r'\newcommand{\norm}[1]{\|#1\|} $\norm{x}$'))

Definitions take effect where they stand, as in TeX, but for the whole paper: groups and conditionals are not followed.
Known: \newcommand and its kin, \def with any parameter text, \let, \newenvironment, \DeclareMathOperator,
\DeclarePairedDelimiter and \NewDocumentCommand. What TeX itself or a package defines stays as it is.

Time is linear in the source whatever it says: tokens are counted, and a macro without end is forgotten. (plasTeX, which
expands as TeX does, takes 14 us a byte, runs into recursion limits and reads any file a source names; pylatexenc and
TexSoup parse, but do not expand.)
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r'\\(?:begin|end)\s*+\{[^{}\\$%]{1,40}\}|\\[A-Za-z@]++|\\.|\$\$?|\s++|#+[0-9]?|[A-Za-z0-9.,;:/=()+-]++|.|\\',
    re.DOTALL,
)
CHAIN = 10_000
"""most expansions that a single token of the source may set off"""
ARGUMENT = 20_000
"""most tokens of an argument or definition"""
_AS_IT_IS = '\0'  # before a command: what it meant before the author redefined it
_DEFINERS = {
    *(f'\\{name}command' for name in ('new', 'renew', 'provide')),
    r'\DeclareRobustCommand',
    *(f'\\{name}def' for name in ('', 'g', 'e', 'x')),
    *(r'\let', r'\newenvironment', r'\renewenvironment', r'\DeclareMathOperator', r'\DeclarePairedDelimiter'),
    *(f'\\{name}DocumentCommand' for name in ('New', 'Renew', 'Provide', 'Declare')),
}
_DROPPED = {r'\protect', r'\xspace', r'\long', r'\global', r'\outer', r'\relax'}


@dataclass(frozen=True, slots=True)
class Macro:
    """parameters: the arguments (`#1`) and the tokens between them. default: of the first, if it is optional."""

    parameters: Sequence[str]
    body: Sequence[str]
    default: Sequence[str] | None = None


class EndlessError(ValueError):
    """A source that expands to far more than it is."""


class _NoArgument(Exception):
    """What should follow a macro does not; `read` goes back to the stream."""

    def __init__(self, read: list[str]):
        self.read = read


class Expander:
    """Keeps the macros of one paper, whose files are expanded one after another."""

    def __init__(self, standard: Collection[str] = ()) -> None:
        """standard: the commands that style files cannot redefine (they do so with what nobody else can typeset)."""
        self.standard = frozenset(standard)
        self.macros: dict[str, Macro] = {r'\ensuremath': Macro(['#1'], ['#1'])}
        self._pending: list[str] = []
        self._source: Iterator[re.Match[str]] = iter(())
        self._chain = self._left = 0

    def expand(self, text: str, *, style: bool = False) -> Iterator[str]:
        """The tokens of a source without definitions and macros; joined with `join` they are LaTeX.

        style: it is a style file. Raises EndlessError.
        """
        self._source, self._pending = TOKEN.finditer(text), []
        self._left = 200_000 + 4 * len(text)
        while (token := self._next()) is not None:
            if token in _DEFINERS:
                self._define(token, style)
            elif token in self.macros:
                self._call(token)
            elif token == r'\iffalse':
                self._skip_false()
            elif token not in _DROPPED:
                yield token.removeprefix(_AS_IT_IS)

    def _next(self) -> str | None:
        self._left -= 1
        if self._left < 0:
            raise EndlessError('macros expand without end')
        if self._pending:
            return self._pending.pop()
        match = next(self._source, None)
        self._chain = 0
        return None if match is None else match[0]

    def _back(self, tokens: Sequence[str]) -> None:
        self._left -= len(tokens)
        self._pending.extend(reversed(tokens))

    def _call(self, name: str) -> None:
        macro = self.macros[name]
        if name + '*' in self.macros and self._star():
            macro = self.macros[name + '*']
        self._chain += 1
        if self._chain > CHAIN:
            del self.macros[name]
            self._pending.clear()
            return
        try:
            arguments = self._arguments(macro)
        except _NoArgument as error:
            self._back([_AS_IT_IS + name, *error.read])
            return
        body: list[str] = []
        for token in macro.body:
            if token[0] == '#' and token[1:].isdigit() and int(token[1:]) < len(arguments):
                body += arguments[int(token[1:])]
            else:
                body.append(token[1:] if token.startswith('##') else token)
        self._back(body)

    def _arguments(self, macro: Macro) -> list[list[str]]:
        """The arguments, counted from 1."""
        arguments: list[list[str]] = [[]]
        parameters = list(macro.parameters)
        if macro.default is not None:
            arguments.append(self._optional() or list(macro.default))
            parameters = parameters[1:]
        for position, parameter in enumerate(parameters):
            if parameter[0] != '#':
                if position == 0 or parameters[position - 1][0] != '#':
                    self._match(parameter)
                continue
            until = parameters[position + 1] if position + 1 < len(parameters) else '#'
            arguments.append(self._argument() if until[0] == '#' else self._until(until))
        return arguments

    def _token(self, read: list[str]) -> str:
        token = self._next()
        if token is None or len(read) > ARGUMENT:
            raise _NoArgument([*read, token] if token is not None else read)
        read.append(token)
        return token

    def _match(self, expected: str) -> None:
        read: list[str] = []
        token = self._token(read)
        if token == expected:
            return
        if not token.startswith(expected):
            raise _NoArgument(read)
        self._back([token[len(expected) :]])

    def _argument(self) -> list[str]:
        """A group without its braces, or the next token."""
        read: list[str] = []
        token = self._token(read)
        while token.isspace():
            token = self._token(read)
        if token == '{':
            return self._group(read)
        if token == '}':
            raise _NoArgument(read)
        if token[0] != '\\' and len(token) > 1 and token[0] not in '#$' + _AS_IT_IS:
            self._back([token[1:]])
            token = token[0]
        return [token]

    def _group(self, read: list[str]) -> list[str]:
        """What stands before the brace that closes the one just read."""
        start, depth = len(read), 1
        while depth:
            token = self._token(read)
            depth += (token == '{') - (token == '}')
        return read[start:-1]

    def _until(self, delimiter: str) -> list[str]:
        read: list[str] = []
        depth = 0
        while True:
            token = self._token(read)
            if depth == 0 and delimiter in token and (token == delimiter or token[0] != '\\'):
                before, _, behind = token.partition(delimiter)
                self._back([behind] if behind else [])
                found = read[:-1] + ([before] if before else [])
                return found[1:-1] if len(found) > 1 and found[0] == '{' and found[-1] == '}' else found
            depth += (token == '{') - (token == '}')

    def _optional(self, opening: str = '[', closing: str = ']') -> list[str] | None:
        """What stands in brackets, if brackets follow."""
        read: list[str] = []
        try:
            token = self._token(read)
            while token.isspace():
                token = self._token(read)
        except _NoArgument as error:
            self._back(error.read)
            return None
        if token != opening:
            self._back(read)
            return None
        start, depth = len(read), 0
        while True:
            token = self._token(read)
            if token == closing and depth == 0:
                return read[start:-1]
            depth += (token == '{') - (token == '}')

    def _star(self) -> bool:
        read: list[str] = []
        try:
            starred = self._token(read) == '*'
        except _NoArgument:
            starred = False
        if not starred:
            self._back(read)
        return starred

    def _skip_false(self) -> None:
        depth = 1
        while depth and (token := self._next()) is not None:
            if token.startswith(r'\if') and token not in (r'\iff', r'\ifthenelse'):
                depth += 1
            elif token == r'\fi' or (token == r'\else' and depth == 1):
                depth -= 1

    def _define(self, definer: str, style: bool) -> None:
        try:
            defined = self._defined(definer)
        except _NoArgument as error:
            self._back(error.read)
            return
        modest = 'rovide' in definer
        for name, macro in defined.items():
            if not (name in self.standard and (style or modest)) and not (name in self.macros and modest):
                self.macros[name] = macro

    def _defined(self, definer: str) -> dict[str, Macro]:
        """The macros that a definition makes, by name."""
        if definer == r'\let':
            return self._let()
        if definer.endswith('def'):
            return self._def()
        starred = self._star()
        name = ''.join(self._argument()).strip()
        if definer.endswith('DocumentCommand'):
            kinds = ''.join(self._argument()).split()
            body = self._argument()
            return {name: Macro(_numbered(len(kinds)), body)} if set(kinds) <= {'m'} else {}
        if definer == r'\DeclareMathOperator':
            return {name: Macro([], [r'\operatorname', *(['*'] if starred else []), '{', *self._argument(), '}'])}
        if definer == r'\DeclarePairedDelimiter':
            left, right = self._argument(), self._argument()
            stretching = Macro(['#1'], [r'\left', *left, '#1', r'\right', *right])
            return {name: Macro(['#1', '#2'], [*left, '#2', *right], default=[]), name + '*': stretching}
        count = ''.join(self._optional() or ['0']).strip()
        parameters = _numbered(int(count) if re.fullmatch('[0-9]', count) else 0)
        default = self._optional()
        if definer.endswith('environment'):
            opening, closing = self._argument(), self._argument()
            return {f'\\begin{{{name}}}': Macro(parameters, opening, default), f'\\end{{{name}}}': Macro([], closing)}
        return {name: Macro(parameters, self._argument(), default)}

    def _let(self) -> dict[str, Macro]:
        name = ''.join(self._argument())
        read: list[str] = []
        while (token := self._token(read)).isspace() or token == '=':
            pass
        if len(token) > 1 and token[0] not in '\\$':
            self._back([token[1:]])
            token = token[0]
        return {name: self.macros.get(token) or Macro([], [_AS_IT_IS + token if token[0] == '\\' else token])}

    def _def(self) -> dict[str, Macro]:
        name = ''.join(self._argument())
        read: list[str] = []
        while self._token(read) != '{':
            pass
        parameters = [token for token in read[:-1] if not token.isspace()]
        return {name: Macro(parameters, self._group(read))}


def join(tokens: Sequence[str]) -> str:
    r"""Tokens as LaTeX, with a space where `\alpha` and `x` would run together."""
    pieces: list[str] = []
    last = ''
    for token in tokens:
        if last[:1] == '\\' and last[-1:].isalpha() and token[:1].isalpha():
            pieces.append(' ')
        pieces.append(' ' if token.isspace() else token)
        last = token
    return ''.join(pieces)


def _numbered(count: int) -> list[str]:
    return [f'#{number}' for number in range(1, min(count, 9) + 1)]
