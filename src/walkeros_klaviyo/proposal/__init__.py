"""Which first configuration suits a sample of events? Start at `propose.py`. Pure."""
