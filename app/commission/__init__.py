"""Commissioning: the first day at a rig as a guided, safe session of steps that is stopped and continued."""
