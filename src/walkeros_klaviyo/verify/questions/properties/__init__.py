"""Do an event's properties hold what their names say?"""
