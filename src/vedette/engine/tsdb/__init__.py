"""The store of samples."""
