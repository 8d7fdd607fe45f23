"""Does each mapping value yield something?"""
