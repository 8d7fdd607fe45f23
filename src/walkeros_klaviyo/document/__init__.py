"""What does a configuration file say? Text in, values out; no file is read or written here."""
