"""What could a first configuration be, for events like these? Start at `propose.py`. Pure."""
