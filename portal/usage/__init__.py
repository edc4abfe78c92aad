"""How the site is used, counted without knowing who uses it.

    middleware.py   looks at a page that has been shown and makes events of it; robots, signed-in people and lists on other
                    sites are left out
    tally.py        holds events in memory for a few seconds, so that no page waits for the database
    actions.py      adds them to the sums of the day; keeps words of searches back until they were asked for often enough
    queries.py      sums over whole weeks, rounded   ·   tables.py   the same as tables and charts
    views.py        the page "Statistics" of the staff screens, and its export

Kept are sums: municipality, day, what, language, part of town, key, count. No address of a machine, no browser, no order
of pages, no time of day. The part of town is the one that was asked for or the listing's own, never where a visitor is.
"""
