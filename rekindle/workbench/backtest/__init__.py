"""What a trigger would have sent over a history, and what another version of it would have."""
