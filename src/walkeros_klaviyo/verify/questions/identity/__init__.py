"""Whose event is it: are people identified, and distinguished?"""
