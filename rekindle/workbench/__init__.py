"""What an author does with a trigger before it runs: check, test, preview, backtest, plan."""
