"""The training run behind train.py: its settings and its loop."""
