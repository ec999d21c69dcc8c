"""The public report: sealed on arrival, answered with a receipt."""
