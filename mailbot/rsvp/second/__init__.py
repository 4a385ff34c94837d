"""The second reader: a learned model reads the same own words as the rules, so that their agreement can be weighed.

`tokens` and `features` say what it sees, `model` what it marks, `weigh` what becomes of the rules' answers in its
light. A second pair of eyes finds what one overlooks, and, more important, shows where one should not be sure.
"""
