"""A fake e-mail platform: a real HTTP server that refuses what a real one would, plays faults by script and keeps a ledger.

The ledger, not the sender's own account, is the judge of what was delivered (`facts/delivery.md`, section 6).
"""
