"""Dead letters of every stage: which there are, what is done with them, and the way back into the stream."""
