"""What Klaviyo wants of an event."""
