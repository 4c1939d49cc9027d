"""Scripts that measure; run as `python -m benchmarks.<name>`. Nothing imports them."""
