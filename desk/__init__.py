"""People's side of Thaw: the HTTP API, the reviewers' console and the merchants' portal."""
