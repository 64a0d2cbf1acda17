"""Waiting for something to become true, with a limit."""
import time


def wait_until(condition, limit_s=30.0, what="the condition", every_s=0.02):
    """Returns the first truthy value of condition(); AssertionError once limit_s have passed."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {limit_s:g} s in vain for {what}")
        time.sleep(every_s)
