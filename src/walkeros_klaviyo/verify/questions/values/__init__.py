"""Does something come of each mapping value?"""
