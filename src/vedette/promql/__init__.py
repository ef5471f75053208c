"""The language: lexer, parser, tree, printer and the vectorised evaluator. It reads samples through `source.Source`."""
