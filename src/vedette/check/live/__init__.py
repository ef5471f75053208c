"""What a running server, or a page of metrics, knows beside what is written: ``vedette check --live``."""
