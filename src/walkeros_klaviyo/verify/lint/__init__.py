"""What is wrong with a configuration, whatever the events? Start at `lint`."""
