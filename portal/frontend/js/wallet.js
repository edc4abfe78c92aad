// The one script of a card on a telephone: /k (a printed card) and /w (the wallet). Nothing of it is loaded on other pages.
// Map: wallet_keys (what is made of the secret) · wallet_store (what the telephone remembers) · wallet_api (questions to the
// server) · wallet_pictures (codes for cameras) · wallet_use (the press) · wallet_printed, wallet_page (the two pages).
import {startLanguages} from './wallet_store.js';
import {startPage} from './wallet_page.js';
import {startPrinted} from './wallet_printed.js';

document.documentElement.classList.add('has-script');
if (startLanguages()) {
  const printed = document.querySelector('[data-printed]');
  const page = document.querySelector('[data-wallet-page]');
  if (printed) startPrinted(printed);
  if (page) startPage(page);
}
