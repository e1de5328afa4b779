"""How fast is it, beside what others do for the same work? `python -m benchmarks` prints one table of ratios."""
