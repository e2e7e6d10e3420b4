"""Alerts and the digest: judged over the facts of whoever keeps the rule, told, sent."""
