"""The field's files as typed values with positions. Each file here is the only reader and writer of one format."""
