"""Do the orders count what was paid?"""
