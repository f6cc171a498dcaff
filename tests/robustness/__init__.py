"""What nobody should do: nonsense, re-entry, threads, interrupts, leaks, random programs."""
