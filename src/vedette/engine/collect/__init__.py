"""Targets, relabelling, scrape schedule and parsing of what was scraped."""
