"""From a firing alert to a delivered notification: route, group, repeat, outbox, channels."""
