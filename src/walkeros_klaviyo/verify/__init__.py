"""What must always hold? Strategies, laws, and the checker of configurations.

Needs the extra `verify` (hypothesis), so nothing is imported here: `laws` holds the laws,
`strategies` the generated events that test them, `check` the core of the command.
"""
