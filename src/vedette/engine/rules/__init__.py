"""Recording and alerting rules as a step machine."""
