"""One module for each platform the fake can be: its contract as the platform tells it, never as our sender happens to keep it."""
