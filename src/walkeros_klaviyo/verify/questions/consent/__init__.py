"""Is what a visitor granted and refused obeyed?"""
