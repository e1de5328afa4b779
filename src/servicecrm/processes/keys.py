"""Ids that follow from what they are about, so that the same is decided once, however often anybody looks."""

__all__ = ["key"]


def key(*parts: str) -> str:
    """One id out of several, which no other ones give."""
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)
