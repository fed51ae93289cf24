"""The procedures of cases. Whoever runs or replays one has them wait the same way on every Python."""

from workflows.waits import steady

steady()
