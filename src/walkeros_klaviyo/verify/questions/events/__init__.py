"""Are the events as a sender should send them?"""
