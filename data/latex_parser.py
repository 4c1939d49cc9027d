"""The parser behind `normalize` in `latex.py`: reads tokens and writes canonical items in the same pass.

What single commands do is in `latex_commands.py`, the items in `latex_fonts.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from . import latex_metrics as metrics
from . import latex_rules as rules
from .latex_extent import fit_sizes
from .latex_fonts import Item, Items, combine, symbol, text_symbol
from .latex_form import CANONICAL, Form, LatexError, MissingArgument, NestedTooDeeply, UnbalancedGroup
from .latex_reader import TokenReader
from .latex_symbols import WITHOUT_ARGUMENT
from .token_spans import close

_DEPTH: Final = 80
SUB, SUP = 1, 2
_ATOM: Final = 40  # items of an atom with its scripts that is worth a look
_GROUP: Final = frozenset({'}'})
_OPENING: Final = frozenset({'{', '['})
_BEGINS: Final = frozenset({'{', r'\left'})
_SCRIPTS: Final = frozenset({'_', '^', "'"})

Handler: TypeAlias = Callable[['Parser', str, Items, str], None]


def _is_unknown(token: str) -> bool:
    return token[:1] == '\\' and token[1:].isalpha() and token not in WITHOUT_ARGUMENT


class Parser(TokenReader):
    """Recursive descent over tokens; every method reads on from `position`.

    `handlers` maps a command (and 'environment', 'unknown') to a function of parser, command, list to append to and
    font, which may set `tail`.

    Styles are numbered as in `latex_rules.STYLES`. `style` is the one in force, `natural` the one that what has been
    written so far leads to: a fraction or a sum whose style is not natural says so (`\\dfrac`, `\\displaystyle`).
    """

    synonyms: Mapping[str, str] = rules.SYNONYMS

    def __init__(
        self, tokens: Sequence[str], handlers: Mapping[str, Handler], form: Form = CANONICAL, depth: int = 0
    ) -> None:
        super().__init__(tokens)
        self.handlers = handlers
        self.form = form
        self.depth = depth
        self.style = self.natural = 0
        self.cramped: bool | None = False  # whether superscripts stand lower, as below a root; None: not known
        self.is_restyled = False  # whether the list being read holds a style
        self.leaks = False  # whether the list read last does, which then needs its braces
        self.is_atom = False  # whether the group read last is one atom even without its braces
        self.restyled = 0  # how many commands of styles there were
        self.has_infix = not rules.INFIX.keys().isdisjoint(tokens)
        self.has_sizes = False  # whether there is a `\\big` or its like
        self.limits = ''  # `\\limits` or `\\nolimits`, where the scripts read last follow one
        self.tail = 0  # which scripts the atom read last has: 1 a subscript, 2 a superscript, 3 both

    def descend(self) -> None:
        """Counts one level of nesting, which `depth -= 1` ends."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise NestedTooDeeply(f'more than {_DEPTH} levels of groups')

    def sequence(self, font: str, stop: frozenset[str]) -> Items:
        """A maths list up to a token of `stop` (or the end, if `stop` is empty), which stays unread."""
        self.descend()
        tokens, end = self.tokens, len(self.tokens)
        outer = self.style, self.natural, self.is_restyled
        cramped, self.is_restyled = self.cramped, False
        restyled = self.restyled
        if self.has_infix and self.infix_ahead(stop):
            self.style = self.natural = min(outer[0] + 1, 3)
        out: Items = []
        numerator: Items | None = None
        infix = ''
        start, has_base, tail = 0, False, 0  # of the atom that a script would belong to
        while True:
            if self.position >= end:
                if stop:
                    raise UnbalancedGroup('the end of a group or environment is missing')
                break
            token = tokens[self.position]
            if token in stop:
                break
            if token in rules.LETTERS:
                start, has_base, tail = len(out), True, 0
                out.append(symbol(token, font) if font else token)
                self.position += 1
                continue
            token = self.synonyms.get(token, token)
            if token in _SCRIPTS or token in rules.LIMITS:
                written = self.scripts(out, font, start, has_base, tail)
                has_base, tail = has_base and not written, written or tail
                continue
            self.position += 1
            if token in rules.SWITCHES:
                font = self.switch(token, out, font, stop)
            elif token in rules.STYLES:
                self.restyle(token, out)
            elif token in rules.INFIX:
                if numerator is not None:
                    raise UnbalancedGroup(f'a second {token} in one group')
                numerator, infix, out, has_base, tail = out, token, [], False, 0
                self.style = self.natural = min(outer[0] + 1, 3)
                self.cramped = None  # a denominator, or a row of a matrix
            elif token in rules.DROPPED:
                has_base &= not self.space(token, out, font)
            else:
                before, self.tail = len(out), 0
                if token == '{':
                    out += self.braced(self.group(font))
                else:
                    self.command(token, out, font)
                if len(out) > before:
                    start, has_base, tail = before, True, self.tail
                elif token == '{':
                    has_base = False
        if numerator is not None:
            self.style, self.natural, _ = outer
            out, tail = self.fraction(infix, numerator, out), 0
        elif self.has_sizes and self.restyled == restyled and outer[0] == outer[1]:
            fit_sizes(out, self.style, self.cramped, _DEPTH // 2 - self.depth)
        self.is_atom = numerator is not None
        self.depth -= 1
        self.tail = tail
        self.leaks = self.is_restyled and numerator is None
        self.style, self.natural, self.is_restyled = outer
        self.cramped = cramped
        return out

    def switch(self, token: str, out: Items, font: str, stop: frozenset[str]) -> str:
        """The font that a command like `\\bf` leaves for the rest of the list."""
        return combine(font, rules.SWITCHES[token])

    def restyle(self, token: str, out: Items) -> None:
        """Takes note of a style; one that is seen on every symbol is written at once."""
        self.style = rules.STYLES[token]
        self.restyled += 1
        if max(self.style, self.natural) > 1:
            self.show_style(out)

    def show_style(self, out: Items) -> None:
        """Writes the style in force, if what has been written does not lead to it."""
        if self.style != self.natural and self.form.sizes:
            out.append(rules.STYLE_NAMES[self.style])
            self.natural, self.is_restyled = self.style, True

    def space(self, token: str, out: Items, font: str) -> bool:
        """Appends the space that a dropped token stands for, where the form or a text keeps it.

        Says whether scripts behind it lose their base.
        """
        kept = rules.SPACES.get(token, '')
        if kept and (self.form.spacing == 'all' or (self.form.spacing == 'quads' and kept in rules.QUADS)):
            out.append(kept)
        elif token in rules.WORD_SPACE and font in rules.TEXT_FONTS:
            out.append(text_symbol('~', font))
        return token in rules.SPACES

    def inside(self, tokens: Sequence[str], font: str) -> Items:
        """The items of tokens that stand for themselves, as an optional argument does."""
        parser = type(self)(tokens, self.handlers, self.form, self.depth)
        parser.style = parser.natural = self.style
        parser.cramped = self.cramped
        items = parser.sequence(font, frozenset())
        if parser.position < len(tokens):
            raise UnbalancedGroup(f'{tokens[parser.position]} without its beginning')
        return items

    def group(self, font: str) -> Items:
        """A maths list up to its closing brace, which is read; the opening one has been."""
        items = self.sequence(font, _GROUP)
        self.position += 1
        return items

    def braced(self, items: Items) -> Items:
        """The list read last as a part of another: in braces, if they make a difference."""
        return ['{', *items, '}'] if self.leaks else items

    def command(self, token: str, out: Items, font: str) -> None:
        """Appends what the token, already read, and its arguments become."""
        if (handler := self.handlers.get(token)) is not None:
            handler(self, token, out, font)
        elif token.startswith(r'\begin{'):
            self.handlers['environment'](self, token, out, font)
        elif token in rules.CLOSERS or token.startswith(r'\end{'):
            raise UnbalancedGroup(f'{token} without its beginning')
        elif self.peek() in _OPENING and _is_unknown(token):
            self.handlers['unknown'](self, token, out, font)
        else:
            if token in rules.STYLED and self.style != self.natural:
                self.show_style(out)
            out.append(symbol(token, font))

    def fraction(self, infix: str, above: Items, below: Items) -> Items:
        """`above \\over below` and its like."""
        name = rules.INFIX[infix]
        if name in rules.ARGUMENTS:
            return [self.fraction_name(name, self.style), '{', *above, '}', '{', *below, '}']
        opening, closing = name.split() or ('', '')
        return self.stack(opening, closing, above, below)

    def stack(self, opening: str, closing: str, above: Items, below: Items) -> Items:
        """Two lines between delimiters that are as high, if there are any."""
        lines: Items = [*above, r'\\', *below]
        if not opening and not closing and self.style > 0:
            return [r'\substack', '{', *lines, '}']
        if name := rules.DELIMITED_MATRICES.get((opening, closing)):
            return [rf'\begin{{{name}}}', *lines, rf'\end{{{name}}}']
        matrix: Items = [r'\begin{matrix}', *lines, r'\end{matrix}']
        if (opening or closing) and self.form.sizes:
            return [r'\left', opening or '.', *matrix, r'\right', closing or '.']
        return [*filter(None, [opening]), *matrix, *filter(None, [closing])]

    def fraction_name(self, name: str, style: int) -> str:
        r"""`\frac` or `\binom` in a style: `\dfrac` where the natural style is not display."""
        is_natural = style == self.natural or style > 1 or not self.form.sizes
        return name if is_natural else '\\' + 'dt'[style] + name[1:]

    def infix_ahead(self, stop: frozenset[str]) -> bool:
        """Whether the list up to a token of `stop` is a fraction of `\\over` or its like."""
        level, is_built = 0, False
        for position in range(self.position, len(self.tokens)):
            token = self.tokens[position]
            if level == 0:
                if token in stop:
                    return False
                if token in rules.INFIX and not is_built:
                    return True
                is_built = token == r'\buildrel' or (is_built and token not in rules.INFIX)  # its \over is no fraction
            if token in _BEGINS or token.startswith(r'\begin{'):
                level += 1
            elif token in rules.CLOSERS or token.startswith(r'\end{'):
                level -= 1
            if level < 0:
                break
        return False

    # --- Scripts ------------------------------------------------------------------------------------------------------

    def scripts(self, out: Items, font: str, start: int, has_base: bool, tail: int) -> int:
        """Appends the scripts that follow an atom, which began at `start` and has those of `tail`; says which."""
        sub, sup, staggered = self.read_scripts(font)
        limits = self.limits
        written = (SUB if sub else 0) | (SUP if sup else 0)
        if not written:
            return 0
        atom = out[start : start + _ATOM + 1]
        has_base = self.takes_scripts(atom) if has_base else not tail and self.may_join(atom)
        goes_on = self.is_power(atom, sub) if has_base else self.continues(atom, sub, sup)
        if goes_on and written == tail & written and len(atom) <= _ATOM:
            out[-1:] = [*sub, *sup, '}']
            return tail
        if not has_base or (tail and not tail & written):
            out += ('{', '}')
        elif tail and atom[0] in metrics.ACCENTS and self.is_one_atom(out[start:]):
            # An accent in braces is to TeX the accent itself, which may have no second script: `{\\bar{x_i}}_j`.
            end = close(out, start + 1) - 1
            out[start:] = [*out[start:end], *out[end + 1 :], '}']
        elif tail:
            out.insert(start, '{')
            out.append('}')
        elif limits and self.form.sizes and limits != self.natural_limits(out[start:]):
            out.append(limits)
        below: Items = ['_', '{', *sub, '}'] if sub else []
        above: Items = ['^', '{', *sup, '}'] if sup else []
        if staggered and sub and sup:
            out += (*below, '{', '}', *above) if staggered == '^' else (*above, '{', '}', *below)
        else:
            out += below + above
        return written

    def takes_scripts(self, base: Items) -> bool:
        """Whether scripts are those of a symbol at all: before an opening bracket's inside they are of what follows."""
        return base not in (['('], ['['], [r'\{'], [r'\langle'])

    def may_join(self, base: Items) -> bool:
        r"""Whether scripts behind an empty group or space are those of what is before it: `x{}^{2}` is `x^{2}`.

        So it is drawn, if that is one symbol, accented or not.
        """
        while base[:1] and base[0] in rules.ACCENTS and close(base, 1) == len(base):
            base = base[2:-1]
        return len(base) == 1 and self.takes_scripts(base) and (type(base[0]) is tuple or base[0] in rules.SINGLE)

    def continues(self, atom: Items, sub: Items, sup: Items) -> bool:
        r"""Whether a script behind an empty group goes on with the last one of an atom: `x^{a}{}^{b}` is `x^{ab}`."""
        if not atom:
            return False
        end = close(atom, 1) if atom[0] in rules.ACCENTS else 1
        base, marks = atom[:end], []
        while end < len(atom) and atom[end] in ('_', '^'):
            marks.append(atom[end])
            end = close(atom, end + 1)
        goes_on = end == len(atom) and marks[-1:] == ['^' if sup else '_'] and not (sub and sup)
        return goes_on and self.may_join(base)

    def is_one_atom(self, items: Items) -> bool:
        """Whether items that begin with an accent are that and its scripts."""
        end = close(items, 1)
        while end < len(items) and items[end] in ('_', '^'):
            end = close(items, end + 1)
        return end == len(items)

    def is_power(self, atom: Items, sub: Items) -> bool:
        r"""Whether a superscript goes on with the primes of a letter: `{x^{\prime}}^{2}` is `x^{\prime2}`."""
        return atom[1:3] == ['^', '{'] and not sub and {r'\prime'}.issuperset(atom[3:-1]) and self.may_join(atom[:1])

    def without_subscript(self, items: Items) -> tuple[Items, Items]:
        r"""What of an accent's argument the accent is put on, and a subscript: `\dot{x_{i}}` is `\dot{x}_{i}`."""
        is_lone = len(items) == 5 and items[1:3] == ['_', '{'] and self.may_join(items[:1])
        following = self.synonyms.get(self.skip_space(), self.peek())
        # A superscript of the whole would stand higher, and TeX refuses a second subscript.
        return (items[:1], items[1:]) if is_lone and following not in _SCRIPTS else (items, [])

    def natural_limits(self, base: Items) -> str:
        r"""Where the scripts of a base stand without a word; for what has no limits, nothing that can be said."""
        name = base[-1] if base and (len(base) == 1 or base[0] in rules.STYLE_NAMES) else ''
        if name in rules.LIMIT_SYMBOLS:
            return r'\limits' if self.style == 0 else r'\nolimits'
        return r'\nolimits' if name in rules.NEVER_BOLD else self.limits

    def read_scripts(self, font: str) -> tuple[Items, Items, str]:
        r"""Subscript, superscript, and which begins with space: in `R^a_{\phantom a b}` the b stands further right."""
        sub: Items | None = None
        sup: Items | None = None
        primes, staggered = False, ''
        limits = ''
        while True:
            token = self.synonyms.get(self.peek(), self.peek())
            if token == "'":
                self.position += 1
                sup, primes = sup or [], True
                sup.append(symbol(r'\prime', font))
            elif token == '^' and (sup is None or primes):
                self.position += 1
                staggered = staggered or self.begins_with_space('^')
                sup, primes = sup or [], False
                sup += self.script(font, '^')
            elif token == '_' and sub is None:
                self.position += 1
                staggered = staggered or self.begins_with_space('_')
                sub = self.script(font, '_')
            elif token in rules.LIMITS:
                self.position += 1
                limits = token if token != r'\displaylimits' else ''
            else:
                self.limits = limits
                return sub or [], sup or [], staggered

    def script(self, font: str, mark: str) -> Items:
        """The argument of `_` or `^`, or of what sets one in the same style."""
        style, natural = self.style, self.natural
        self.style = self.natural = 2 if style < 2 else 3
        items = self.argument(font, is_script=True, cramped=mark == '_' or self.cramped)
        self.style, self.natural = style, natural
        return self.lowered(items, mark)

    def lowered(self, items: Items, mark: str) -> Items:
        r"""A script of nothing, as a script, is that script: `f^{{}^{\prime}}` is `f^{\prime}`."""
        while items[:4] == ['{', '}', mark, '{'] and close(items, 3) == len(items):
            items = items[4:-1]
        return items

    # --- Arguments ----------------------------------------------------------------------------------------------------

    def argument(self, font: str, is_script: bool = False, cramped: bool | None = None) -> Items:
        """What follows as an argument: a group without its braces, or one atom; nothing at the end."""
        outer, self.cramped = self.cramped, cramped
        items = self._argument(font, is_script)
        self.cramped = outer
        return items

    def _argument(self, font: str, is_script: bool) -> Items:
        self.leaks = False
        while (token := self.skip_space()) in rules.DROPPED and token != '&':
            self.position += 1
        token = self.synonyms.get(token, token)
        if not token or token in rules.CLOSERS or token == '&' or token.startswith(r'\end{'):
            return []
        if token in _SCRIPTS or token in rules.INFIX:
            if token != "'":
                raise MissingArgument(f'{token} as an argument')
            token = r'\prime'
        self.position += 1
        if token == '{':
            return self.bare(self.group(font))
        if token in rules.SWITCHES:
            return []
        if not is_script and token not in self.handlers and _is_unknown(token):
            return [symbol(token, font)]  # TeX takes one token, but expands it behind `^`
        out: Items = []
        self.descend()
        natural, is_restyled, self.is_restyled = self.natural, self.is_restyled, False
        self.command(token, out, font)
        self.leaks = self.is_restyled
        self.natural, self.is_restyled = natural, is_restyled
        self.depth -= 1
        return out

    def bare(self, items: Items) -> Items:
        """An argument without braces of its own; if it had such, which hold a style back, `leaks` says so."""
        inner = items
        while inner[:1] == ['{'] and close(inner, 0) == len(inner):
            inner = inner[1:-1]
        self.leaks |= len(inner) < len(items)
        return inner

    def styled_argument(self, font: str, style: int, cramped: bool | None = None) -> Items:
        """An argument that is set in a style of its own."""
        outer = self.style, self.natural
        self.style = self.natural = style
        items = self.argument(font, cramped=cramped)
        self.style, self.natural = outer
        return items


__all__ = ['Handler', 'Item', 'Items', 'LatexError', 'Parser', 'close']
