"""The signals a process emits. Standard library only: this wing is imported by the user's application."""
