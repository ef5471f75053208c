"""Checks of the metrics that are declared, and of who looks at them."""
