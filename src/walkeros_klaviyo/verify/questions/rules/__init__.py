"""Does each event meet the rule intended for it?"""
