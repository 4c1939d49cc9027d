"""Scores of predicted LaTeX against labels, for `evaluate.load('im2latex_metric')`.

The numbers are those of the project's own evaluate.py. The imports name every file that has to come along: the
`evaluate` library fetches what this file imports, not what those files import in turn; one file a line, no comments.
"""

# ruff: noqa: F401

import datasets
import evaluate

from .latex import normalize, tokenize
from .latex_arguments import arguments
from .latex_column_spec import column_spec
from .latex_columns import centred
from .latex_commands import parse
from .latex_environments import environment
from .latex_exact import EXACT_HANDLERS
from .latex_extent import is_plain
from .latex_fonts import write
from .latex_form import CANONICAL
from .latex_metrics import SYMBOLS
from .latex_parser import Parser
from .latex_reader import TokenReader
from .latex_ruler import Ruler
from .latex_rules import SYNONYMS
from .latex_symbols import WITHOUT_ARGUMENT
from .latex_text import text_command
from .text import DEFINITIONS, text_scores
from .token_spans import close

DESCRIPTION = """\
Compares LaTeX formulas token by token: exact match, edit similarity and BLEU. Many LaTeX strings draw one picture, so
that by default both sides are brought to a canonical form first (spaces and sizes go, synonyms get one name).
"""
INPUTS = f"""
Args:
    predictions: LaTeX formulas.
    references: the label of each.
    canonical: compare canonical forms (default), or the strings as they are, token by token.
Returns:
    {'; '.join(f'{name}: {meaning}' for name, meaning in DEFINITIONS.items())}
Examples:
    >>> metric = evaluate.load('im2latex_metric')
    >>> metric.compute(predictions=[r'\\frac{{a}}b'], references=[r'{{a \\over b}}'])['exact_match']
    1.0
"""
CITATION = """\
@article{deng2016what,
  title={What You Get Is What You See: A Visual Markup Decompiler},
  author={Deng, Yuntian and Kanervisto, Anssi and Rush, Alexander M.},
  journal={arXiv preprint arXiv:1609.04938},
  year={2016}
}
"""


class Im2LatexMetric(evaluate.Metric):
    """Text scores of LaTeX formulas."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=CITATION,
            inputs_description=INPUTS,
            features=datasets.Features(
                {'predictions': datasets.Value('string'), 'references': datasets.Value('string')}
            ),
        )

    def _compute(self, predictions: list[str], references: list[str], canonical: bool = True) -> dict[str, float]:
        prepare = normalize if canonical else str
        return text_scores(
            [tokenize(prepare(latex)) for latex in predictions], [tokenize(prepare(latex)) for latex in references]
        ).summary()
