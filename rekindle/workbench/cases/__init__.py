"""Test cases of triggers: rows given, a clock, rows expected; run through the SQL and the gate of production."""
