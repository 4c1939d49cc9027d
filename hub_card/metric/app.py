"""The page of the metric's Space on the Hugging Face Hub."""

import evaluate
from evaluate.utils import launch_gradio_widget

launch_gradio_widget(evaluate.load('im2latex_metric.py'))
