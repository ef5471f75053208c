"""What an application says of its own domain: one file each, beside the pack of that name, which declares its metrics.

Here are the context managers, decorators and functions that fill them. They never fail the application.
"""
