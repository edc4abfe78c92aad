"""The till: what stands at a counter, and what a provider does about its tills.

views.py · words.py       /<language>/till/: a page that keeps everything in the browser, its state, its enrolment
api.py · telling_api.py   what tills and ticketing systems send
tills.py                  the provider's desk: invite, rename, stop
counter.py                a plain form for somebody who has signed in, where no script runs
paper.py                  to print: guide, card to practise with, words of the week, attendance list
desk.py · mailing.py      what stands on the desk; the letter with next week's words
"""
