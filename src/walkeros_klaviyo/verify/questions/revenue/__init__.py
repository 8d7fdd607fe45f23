"""Do orders count the amount that was paid?"""
