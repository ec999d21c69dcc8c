"""The hotline service (Django): the only floor with a database."""
