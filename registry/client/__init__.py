"""The registry's client: imports nothing of the server and is usable alone."""

from registry.client.http import RegistryClient
from registry.client.replies import CheckReply, EnrolReply, Problem, WithdrawalReply

__all__ = ["CheckReply", "EnrolReply", "Problem", "RegistryClient", "WithdrawalReply"]
