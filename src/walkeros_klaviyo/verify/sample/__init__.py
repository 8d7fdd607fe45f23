"""What does a sample of events show about a configuration? `look` records it."""
