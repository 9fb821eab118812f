"""A line of what a bench found."""
import dataclasses


@dataclasses.dataclass
class Line:
    """`holds` is None where nothing is required."""
    what: str
    measured: str
    required: str = ""
    holds: bool | None = None
