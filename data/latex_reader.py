"""Reading tokens of LaTeX as they stand: the next one, arguments, lengths. What they mean: `latex_parser.py`."""

import re
from collections.abc import Sequence
from typing import Final

from . import latex_rules as rules
from .latex_form import UnbalancedGroup

_OPTION: Final = 200  # tokens in an optional argument
_SPACES: Final = rules.WORD_SPACE | {r'\;', r'\:', r'\quad', r'\phantom', r'\hphantom'}
_THIN_SPACES: Final = [r'\,', r'\,']  # one alone is hardly seen
_IN_LENGTH: Final = rules.WORD_SPACE | {'='}
_LENGTH: Final = re.compile(
    r'[-+]*[\d.,]*(?:true)?(?:pt|em|ex|cm|mm|in|mu|pc|bp|sp|dd|cc|fil+|\\[A-Za-z]+)(?:(?:plus|minus)(?=[-+\d.\\]))?'
)


class TokenReader:
    """Tokens, and the position up to which they are read."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.position = 0

    def peek(self) -> str:
        """The next token, empty at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else ''

    def skip_space(self) -> str:
        """The next token that is not space; it stays unread."""
        while (token := self.peek()) in rules.WORD_SPACE:
            self.position += 1
        return token

    def begins_with_space(self, script: str) -> str:
        """`script`, if the group that follows begins with space, else nothing."""
        brace, *spaces = self.tokens[self.position : self.position + 3] or ['']
        return script if brace == '{' and (spaces[:1] and spaces[0] in _SPACES or spaces == _THIN_SPACES) else ''

    def raw_argument(self) -> list[str]:
        """The tokens of an argument as they stand."""
        token = self.skip_space()
        if not token or token in rules.CLOSERS:
            return []
        self.position += 1
        if token != '{':
            return [token]
        begin, level = self.position, 1
        while level:
            if self.position >= len(self.tokens):
                raise UnbalancedGroup('the end of a group or environment is missing')
            token = self.tokens[self.position]
            level += (token == '{') - (token == '}')
            self.position += 1
        return list(self.tokens[begin : self.position - 1])

    def bracket(self) -> list[str] | None:
        """The tokens of an optional argument, if one follows."""
        if self.skip_space() != '[':
            return None
        level = 0
        for index in range(self.position + 1, min(self.position + _OPTION, len(self.tokens))):
            token = self.tokens[index]
            if token == ']' and level == 0:
                found = list(self.tokens[self.position + 1 : index])
                self.position = index + 1
                return found
            level += (token == '{') - (token == '}')
            if level < 0:
                break
        return None

    def length(self) -> None:
        """Skips a length such as `-3.5pt plus 1fil`, if one follows."""
        while True:
            ahead = self.tokens[self.position : self.position + 24]
            match = _LENGTH.match(''.join(token for token in ahead if token not in _IN_LENGTH))
            if match is None:
                return
            rest = len(match[0])
            while rest > 0:
                token = self.peek()
                rest -= 0 if token in _IN_LENGTH else len(token)
                self.position += 1
            if not match[0].endswith(('plus', 'minus')):
                return


__all__ = ['TokenReader']
