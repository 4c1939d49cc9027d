"""The page of the metric's Space on the Hugging Face Hub: formulas a line each, their scores as JSON.

The widget of the `evaluate` library is of no use here: it is written for a Gradio older than 4.
"""

from pathlib import Path

import evaluate
import gradio as gr

HERE = Path(__file__).resolve().parent


def page() -> gr.Interface:
    """Builds the page around the metric that lies beside it."""
    metric = evaluate.load(str(HERE / 'im2latex_metric.py'))

    def scores(predictions: str, references: str, canonical: bool) -> dict[str, float]:
        found, expected = predictions.splitlines(), references.splitlines()
        if not expected or len(found) != len(expected):
            message = f'{len(found)} predictions and {len(expected)} references: it takes as many of both'
            raise gr.Error(message, print_exception=False)
        return metric.compute(predictions=found, references=expected, canonical=canonical)

    _, _, about = (HERE / 'README.md').read_text(encoding='utf-8').split('---\n', 2)
    return gr.Interface(
        scores,
        inputs=[
            gr.Textbox(lines=5, label='Predictions, one a line', placeholder=r'\frac{a}b'),
            gr.Textbox(lines=5, label='References, one a line', placeholder=r'{a \over b}'),
            gr.Checkbox(value=True, label='Compare canonical forms'),
        ],
        outputs=gr.JSON(label='Scores'),
        title='im2latex_metric',
        description=metric.description,
        article=about,
        flagging_mode='never',
    )


if __name__ == '__main__':
    page().launch()
