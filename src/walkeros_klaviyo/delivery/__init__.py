"""When is what sent? The sender as a pure state machine; start reading at `sender.py`."""
