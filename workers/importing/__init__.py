"""`thaw import`: merchants and terminals from two CSV files, all of them or none.

Every line is checked first, every mistake is told with its line, its column and what to do; what is sound is entered
in one transaction. The same files again change nothing. Spreadsheets in other encodings than UTF-8 are refused.
"""
