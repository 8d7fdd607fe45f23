"""How are results shown to people and programs?"""
