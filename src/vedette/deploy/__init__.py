"""From what is built to what runs: the difference in sentences, applying it, undoing it, and what drifted since."""
