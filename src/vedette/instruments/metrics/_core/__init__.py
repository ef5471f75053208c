"""The metrics in C, as an extension that is built where it can be; `vedette.instruments.metrics.core` chooses."""
