"""Activity cards: programmes and their cards, offers and their use, what is paid for it.

    ledger/       the bounded counter, its journal, codes and keys; knows nothing of what it counts
    programmes/   programmes, years, card types, agencies' quotas, cards, wallets
    offers/       agreements, offers, stock, tills, redemptions, settlements

`offers` stands on `programmes`, which stands on `ledger`.
"""
