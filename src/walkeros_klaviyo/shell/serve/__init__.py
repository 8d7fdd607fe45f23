"""How do walkerOS collectors send us events? By an endpoint that replaces walkerOS's sources."""
