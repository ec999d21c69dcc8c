"""What a post or a chat says: text in, explained signals out."""
