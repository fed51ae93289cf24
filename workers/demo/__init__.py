"""`thaw demo`: cases driven through the desk's public API as people and partners would, told step by step.

Everything is done over HTTP with what `stack.json` says: people by their tokens, partners by their own APIs (fault
switches, the bank's accounts, signed callbacks). Whatever does not come out as expected makes the demo fail.
"""
