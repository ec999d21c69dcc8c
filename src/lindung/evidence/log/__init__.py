"""The custody log: a Merkle log, its signed checkpoints and its witnesses."""
