"""How do events get to Klaviyo? Start reading in `loop`."""
