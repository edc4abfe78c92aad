// A printed card: what it holds, and "put it on this phone". The code stands after the # of the address and is sent in no address.
import {ask} from './wallet_api.js';
import {inGroups, keysOf, newSecret, readCode} from './wallet_keys.js';
import {own, remember, textsOf} from './wallet_store.js';

export function startPrinted(page) {
  const text = textsOf(page);
  const {lang} = page.dataset;
  const status = page.querySelector('[data-status]');
  const here = page.querySelector('[data-card-here]');
  const put = page.querySelector('[data-put]');
  const field = page.querySelector('#code');
  let code = null;
  page.querySelector('[data-own-cards]').hidden = !own().secret;

  function tell(sentence) {
    status.textContent = sentence;
  }

  function toWallet(secret) {
    location.replace(`${page.dataset.wallet}?lang=${lang}#${secret}`);
  }

  async function look() {
    put.hidden = true;
    here.replaceChildren();
    if (!location.hash) return;
    code = readCode(location.hash);
    if (!code) return tell(text('malformed'));
    field.value = inGroups(code);
    tell(text('asking'));
    const {secret} = own();
    const keys = secret && crypto.subtle ? await keysOf(secret) : null;
    const answer = await ask(page.dataset.look, {lang, keys, body: {code}});
    if (answer.status === 'offline') return tell(text('offline'));
    if (answer.status !== 'ok') return tell(answer.message || text('failed'));
    if (answer.held) return toWallet(secret);
    tell('');
    here.innerHTML = answer.html; // our own server's, from a template
    put.hidden = false;
    put.querySelector('[data-held]').hidden = !secret;
    put.querySelector('[data-put-print]').hidden = answer.transfer;
    put.querySelector('[data-put-transfer]').hidden = !answer.transfer;
  }

  put.querySelector('[data-put-here]').addEventListener('click', async (event) => {
    if (!crypto.subtle) return tell(text('old'));
    const button = event.currentTarget;
    button.disabled = true;
    tell(text('asking'));
    // Kept before it is told to anybody: whatever becomes of the answer, the telephone has what opens the card.
    const known = own().secret;
    const secret = known || newSecret();
    if (!known) remember({secret, fresh: true});
    const keys = await keysOf(secret);
    const answer = await ask(page.dataset.add, {lang, body: {code, auth_hash: keys.authHash, clip_key: keys.clipKey}});
    button.disabled = false;
    if (answer.status === 'ok') return toWallet(secret);
    tell(answer.status === 'offline' ? text('offline') : answer.message || text('failed'));
    status.scrollIntoView({block: 'center'});
  });

  page.querySelector('[data-typed]').addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = readCode(field.value);
    field.setAttribute('aria-invalid', typed ? 'false' : 'true');
    if (!typed) {
      tell(text('malformed'));
      return field.focus();
    }
    if (location.hash === `#${typed}`) look();
    else location.hash = typed;
  });
  addEventListener('hashchange', look);
  look();
}
