"""What rules would have done in the past: backtests of alerts, of changes to them, and of whole sets of rules."""

from __future__ import annotations

from vedette.testing.backtest.dump import Dump
from vedette.testing.backtest.episodes import Episode
from vedette.testing.backtest.run import Candidate, History, backtest
from vedette.testing.backtest.samples import Batch, Samples
from vedette.testing.backtest.server import NoAnswerError, Server, ServerError

__all__ = [
    "Batch", "Candidate", "Dump", "Episode", "History", "NoAnswerError", "Samples", "Server", "ServerError", "backtest",
]  # fmt: skip
