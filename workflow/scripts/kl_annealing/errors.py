"""The one exception that speaks to users."""


class InputError(ValueError):
    """Something a user gave cannot be used: one line says what, where, and what is allowed."""
