"""Does each event meet the rule that is meant for it?"""
