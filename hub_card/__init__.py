"""What the project puts on the Hugging Face Hub: the model's folder, its card, the demo Space, and the way there.

hub_card/metric/ is a repository of its own, the metric.
"""
