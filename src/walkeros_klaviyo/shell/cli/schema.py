"""What may a configuration contain, as a JSON Schema?"""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of the configuration, for editors and CI."""
    import json

    from walkeros_klaviyo.core.schema import config_schema
    from walkeros_klaviyo.shell.process import readers_may_leave

    with readers_may_leave():
        print(json.dumps(config_schema(), indent=2, ensure_ascii=False))
