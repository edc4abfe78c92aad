"""Ways of writing dates and numbers where the framework has none or others.

Digits are Western, weeks begin on Monday and thousands stand apart by a hard space in every language but English: a price
like 1.200 or 1,200 would be read as 1.2 by some of those who live here.
"""
