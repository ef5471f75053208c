"""One file per channel: how a notification is rendered and sent."""
