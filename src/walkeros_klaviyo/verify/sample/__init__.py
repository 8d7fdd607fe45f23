"""What does a sample of events say of a configuration? `look` writes down, `judge` judges."""
