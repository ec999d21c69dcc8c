"""What a picture or a video matches: hashes, exact radius search, hash lists."""
