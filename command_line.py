"""What the scripts share: mistakes in their arguments, and packages that are missing, are told in one line."""

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message}\n')


def positive(text: str) -> int:
    """The number that an argument gives. Raises argparse.ArgumentTypeError: it is no number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number from 1 on')
    return int(text)


def report_missing(
    main: Callable[[], int], program: str, remedy: str = 'make setup, or pip install -r requirements.txt'
) -> int:
    """What a script's main function returns; 2 and a line on standard error where a package is not installed."""
    try:
        return main()
    except ModuleNotFoundError as error:
        package = (error.name or str(error)).partition('.')[0]
        print(f'{program}: {package} is not installed: {remedy}', file=sys.stderr)
        return 2
