"""Whose event is it? Told apart, and known at all."""
