"""When is which call sent? The sender as a pure state machine; start reading at `sender.py`."""
