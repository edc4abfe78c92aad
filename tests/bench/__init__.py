"""Benchmarks: each module here has `main() -> None` and prints a table. Figures are medians; ratios are from the same run."""
