"""The calls of the HTTP contract, one router per part."""
