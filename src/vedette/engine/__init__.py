"""Collects, stores and judges: scraping, samples in memory, rules. It reads built files, never declarations."""
