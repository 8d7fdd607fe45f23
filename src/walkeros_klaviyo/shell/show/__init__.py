"""How is a person told?"""
