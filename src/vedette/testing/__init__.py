"""The watch wing and an application together under one clock that a test owns."""
