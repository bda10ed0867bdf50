"""What operators change while the jobs run: checked here, written to the compacted topic `control`, read by the gate."""
