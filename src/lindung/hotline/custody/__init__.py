"""The custody log and the records of sealed evidence."""
