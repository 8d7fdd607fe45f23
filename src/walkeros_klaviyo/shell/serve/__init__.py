"""How do walkerOS collectors reach us? An endpoint that stands in for walkerOS's own sources."""
