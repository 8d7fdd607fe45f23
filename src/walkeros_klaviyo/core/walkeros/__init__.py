"""walkerOS events and their mapping language; nothing here knows about Klaviyo."""
