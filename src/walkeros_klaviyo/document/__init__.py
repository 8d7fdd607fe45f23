"""What does a configuration file say? Text in, values out; nothing is read or written here."""
