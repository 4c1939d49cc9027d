"""What the canonical form of LaTeX keeps, and the reasons why a formula has none."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal


@dataclass(frozen=True)
class Form:
    r"""What stays in canonical LaTeX.

    exact: only rules that leave the page as it is, to the last bit; the other fields mean nothing then.
    spacing: horizontal space. 'none', 'quads' (`\quad` and `\qquad`) or 'all'.
    sizes: `\left` and `\right` where they make a difference, `\big` and its like, styles (`\displaystyle`, `\dfrac`),
        the place of limits. Without, every delimiter and fraction is written in one way.
    fonts: `\mathbf`, `\mathrm`, `\text` and so on; `\mathbb`, `\mathcal`, `\mathfrak` and `\mathscr` stay in any case,
        since they are other symbols rather than styles.
    """

    spacing: Literal['none', 'quads', 'all'] = 'none'
    sizes: bool = True
    fonts: bool = True
    exact: bool = False

    @classmethod
    def of(cls, checkpoint: Path) -> 'Form':
        """The form of the labels that a checkpoint has learned.

        Raises ValueError for a folder that does not say, OSError for none.
        """
        path = checkpoint / 'config.json'
        try:
            return cls(**json.loads(path.read_text(encoding='utf-8'))['label_form'])
        except (KeyError, TypeError, json.JSONDecodeError):
            raise ValueError(f'{path}: no "label_form", which train.py writes') from None


CANONICAL: Final = Form()
EXACT: Final = Form(spacing='all', exact=True)


class LatexError(ValueError):
    """Why a string has no canonical form; the class is the reason, the message says where it lies."""


class UnbalancedGroup(LatexError):  # noqa: N818 - the reasons are names that users count and filter by
    r"""Braces, `\left` and `\right` or environments that do not pair."""


class MissingArgument(LatexError):  # noqa: N818
    """A command or a delimiter without what it applies to."""


class NestedTooDeeply(LatexError):  # noqa: N818
    """More levels of groups than any formula has."""


class UnsupportedCommand(LatexError):  # noqa: N818
    """A command, environment or character that is not of LaTeX's maths."""


class EmptyFormula(LatexError):  # noqa: N818
    """Nothing that draws anything."""
