"""What always holds? Strategies, laws, and the checker of configurations.

Needs the extra `verify` (hypothesis), so nothing is imported here: `laws` holds the laws,
`strategies` the events that try them, `check` the command's core.
"""
