// The wallet: the cards of the secret in the address, else of the one this telephone remembers.
//
//   what is remembered ─▶ drawn at once ─▶ asked for ─▶ drawn anew, and remembered with its time
//
// The secret stays in the address: the link is the card, as bookmark or on the home screen.
import {ask} from './wallet_api.js';
import {startKeeping} from './wallet_keeping.js';
import {inGroups, keysOf, newSecret, readCode, readSecret} from './wallet_keys.js';
import {draw as drawPicture, rotate} from './wallet_pictures.js';
import {open, startSheets, swap} from './wallet_sheets.js';
import {keepKnown, known, own, remember, textsOf} from './wallet_store.js';
import {askedIn, newKey, onHold, tellClips, tellNow} from './wallet_use.js';
import {wallClock} from './card_conditions.js';

const SOON = 30; // days
const FRESH = 20000; // milliseconds for which an answer is new enough when the page comes back into view
const SHOWN = 300000; // milliseconds for which a use is shown green
const AGAIN = [0, 1500, 4000]; // milliseconds before a press is sent, and sent again
const wait = (time) => new Promise((done) => { setTimeout(done, time); });
const two = (number) => String(number).padStart(2, '0');

function moment(at) {
  const then = new Date(at);
  const clock = `${two(then.getHours())}:${two(then.getMinutes())}`;
  return then.toDateString() === new Date().toDateString() ? clock : `${two(then.getDate())}.${two(then.getMonth() + 1)}. ${clock}`;
}

/** How an element of the tickets is found again after they are drawn anew. */
function whichOf({dataset, parentElement}) {
  if (dataset.use) return `[data-use="${dataset.use}"]`;
  if (dataset.showCode) return `[data-show-code="${dataset.showCode}"]`;
  return parentElement.dataset.line ? `[data-line="${parentElement.dataset.line}"] > summary` : '';
}

export async function startPage(page) {
  const text = textsOf(page);
  const {lang} = page.dataset;
  const find = (name) => page.querySelector(`[data-${name}]`);
  const tickets = find('tickets');
  const status = find('status');
  const show = (name, is = true) => { find(name).hidden = !is; };
  startSheets();
  // Without a manifest these telephones put this very address on the home screen, and the secret with it.
  if ('standalone' in navigator) document.querySelector('[data-manifest]')?.remove();
  navigator.serviceWorker?.register(page.dataset.worker, {scope: page.dataset.scope}).catch(() => {});
  if (!globalThis.crypto?.subtle) return void tell(text('old'));

  const written = location.hash.slice(1);
  const inAddress = readSecret(written);
  if (written && !inAddress && readCode(written)) return void location.replace(`${page.dataset.printAt}?lang=${lang}#${written}`);
  if (inAddress && !own().secret) remember({secret: inAddress});
  const mine = own().secret;
  const secret = inAddress ?? (written ? null : mine);
  if (secret && !written) history.replaceState(history.state, '', `#${secret}`);
  addEventListener('hashchange', () => location.reload());

  let keys = secret && await keysOf(secret);
  let asked = 0;
  let drawn = '';
  const now = () => Date.now() + (known(secret)?.offset ?? 0);
  const question = (where, body) => ask(page.dataset[where], {lang, keys, body});

  function tell(sentence, at) {
    status.textContent = sentence ? `${sentence} ` : '';
    if (!at) return;
    const time = document.createElement('bdi');
    time.textContent = moment(at);
    status.append(time);
  }

  // Said quietly: a screen reader need not hear it each time.
  function tellWhen(at) {
    show('asof', Boolean(at));
    if (at) find('asof-time').textContent = moment(at);
  }

  // ── what the cards hold ────────────────────────────────────────────────────────────────────────────────────
  function drawTickets() {
    const facts = known(secret);
    if (!facts || tickets.querySelector('dialog[open]')) return;
    if (drawn !== facts.html) {
      const opened = [...tickets.querySelectorAll('details[open]')].map((one) => one.dataset.line);
      const focused = tickets.contains(document.activeElement) ? whichOf(document.activeElement) : '';
      tickets.innerHTML = drawn = facts.html; // our own server's, from a template
      for (const one of tickets.querySelectorAll('details')) one.open = opened.includes(one.dataset.line);
      if (focused) tickets.querySelector(focused)?.focus();
    }
    for (const place of tickets.querySelectorAll('[data-own-name]')) {
      place.textContent = own().names?.[place.dataset.ownName] ?? '';
      place.hidden = !place.textContent;
    }
    tellNow(tickets, now);
    tellSoon(facts);
    tellEmpty(!facts.cards.length);
  }

  // Where there is no card, all one can do is add one.
  function tellEmpty(is) {
    show('more');
    show('none', is);
    for (const part of find('more').querySelectorAll('details')) part.hidden = is && part !== find('add');
    find('add').open ||= is;
    show('add-why', !is);
  }

  // Told by the server in days; where that is of another day, by the telephone in general.
  function tellSoon(facts) {
    const {day} = wallClock(new Date(now()));
    if (wallClock(new Date(facts.at)).day === day) return;
    for (const ticket of tickets.querySelectorAll('[data-ticket]')) {
      const days = (Date.parse(ticket.dataset.validTo) - Date.parse(day)) / 86400000;
      const place = ticket.querySelector('[data-soon]');
      place.hidden = days > SOON;
      place.querySelector('span').textContent = days < 0 ? document.querySelector('[data-reason=expired]').textContent : text('soon');
    }
  }

  async function refresh() {
    if (!secret) return;
    const before = Date.now();
    const answer = await question('cardsAt');
    const kept = known(secret);
    if (answer.status === 'ok') {
      asked = Date.now();
      keepKnown(secret, {at: asked, offset: answer.now - (before + asked) / 2, html: answer.html, cards: answer.cards});
      drawTickets();
      keeping.tell();
      tell('');
    } else if (answer.code === 404) {
      keepKnown(secret, null);
      drawn = tickets.innerHTML = '';
      tellEmpty(true);
      tell(kept ? text('gone') : '');
    } else if (kept) tell(answer.status === 'offline' ? text('offline') : answer.message, kept.at);
    else tell(answer.status === 'offline' ? text('nothing') : answer.message);
    tellWhen(answer.status === 'ok' && answer.cards.length ? asked : 0);
  }

  // ── showing the code ───────────────────────────────────────────────────────────────────────────────────────
  const codeSheet = document.querySelector('[data-code-sheet]');
  function nameOf(number) {
    const card = known(secret)?.cards.find((one) => one.number === number);
    return own().names?.[number] || card?.name || inGroups(number);
  }
  tickets.addEventListener('click', (event) => {
    const code = event.target.closest('[data-show-code]');
    const use = event.target.closest('[data-use]');
    if (code) {
      const number = code.dataset.showCode;
      codeSheet.querySelector('[data-code-name]').textContent = nameOf(number);
      // Set back since it was last compared with the server's: no picture would be believed.
      codeSheet.querySelector('[data-clock-off]').hidden = Date.now() > known(secret).at - 60000;
      rotate(codeSheet, keys, number, now);
      open(codeSheet);
    }
    if (use) openUse(document.getElementById(use.dataset.use));
  });
  codeSheet.addEventListener('close', refresh);

  // ── the press ──────────────────────────────────────────────────────────────────────────────────────────────
  function openUse(sheet) {
    const facts = JSON.parse(sheet.closest('[data-facts]').dataset.facts);
    const sure = sheet.querySelector('[data-sure]');
    sure.hidden = true;
    sheet.querySelector('[data-use-status]').textContent = navigator.onLine ? '' : text('needs-network');
    if (!sheet.dataset.ready) {
      sheet.dataset.ready = '1';
      sheet.addEventListener('change', () => tellClips(sheet, facts));
      sheet.addEventListener('close', drawTickets);
      onHold(sheet.querySelector('[data-hold]'), () => press(sheet), () => {
        sure.hidden = false;
        sheet.querySelector('[data-yes]').focus();
      });
      sheet.querySelector('[data-yes]').addEventListener('click', () => press(sheet));
      sheet.querySelector('[data-no]').addEventListener('click', () => {
        sure.hidden = true;
        sheet.querySelector('[data-hold]').focus();
      });
    }
    tellClips(sheet, facts);
    open(sheet);
  }

  async function press(sheet) {
    const place = sheet.querySelector('[data-use-status]');
    const buttons = [...sheet.querySelectorAll('[data-hold],[data-yes]')];
    if (buttons.some((button) => button.disabled)) return;
    if (!navigator.onLine) return void (place.textContent = text('needs-network'));
    const wanted = askedIn(sheet);
    const {pending} = own();
    const same = pending && Object.entries(wanted).every(([name, value]) => pending[name] === value);
    const body = same ? pending : {key: newKey(), ...wanted};
    remember({pending: body});
    for (const button of buttons) button.disabled = true;
    place.textContent = text('using');
    let answer;
    for (const pause of AGAIN) {
      await wait(pause);
      answer = await question('useAt', body);
      if (answer.status !== 'offline') break;
    }
    for (const button of buttons) button.disabled = false;
    if (answer.status === 'offline') {
      place.textContent = text('no-answer');
      return void show('pending');
    }
    remember({pending: null});
    show('pending', false);
    if (answer.status !== 'ok') return void (place.textContent = answer.message || text('failed'));
    sheet.querySelector('[data-sure]').hidden = true;
    place.textContent = '';
    if (answer.html) return showDone(sheet, answer);
    // Sent again long after: it was counted then, and is nothing to show a counter now.
    sheet.close();
    await refresh();
    tell(text('counted'));
  }

  const doneSheet = document.querySelector('[data-done-sheet]');
  function showDone(sheet, answer) {
    const body = doneSheet.querySelector('[data-done-body]');
    body.innerHTML = answer.html; // our own server's, from a template
    const clock = body.querySelector('[data-clock]');
    const run = () => {
      const {minute} = wallClock(new Date(now()));
      clock.textContent = `${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(new Date(now()).getSeconds())}`;
    };
    run();
    const timer = setInterval(run, 250);
    const over = setTimeout(() => doneSheet.close(), SHOWN);
    doneSheet.addEventListener('close', () => { clearInterval(timer); clearTimeout(over); refresh(); }, {once: true});
    swap(sheet, doneSheet);
    navigator.vibrate?.(150);
  }

  find('ask-pending').addEventListener('click', async () => {
    const {pending} = own();
    const answer = pending ? await question('askedAt', {key: pending.key, card: pending.card}) : {status: 'ok'};
    if (answer.status === 'offline') return tell(text('needs-network'));
    remember({pending: null});
    show('pending', false);
    await refresh();
    tell(text(answer.counted ? 'counted' : 'not-counted'));
    status.scrollIntoView({block: 'center'});
  });

  // ── cards come, go on, and leave ───────────────────────────────────────────────────────────────────────────
  find('add-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const field = page.querySelector('#add-code');
    const place = find('add-status');
    const link = readSecret(field.value.slice(field.value.indexOf('#') + 1));
    if (link) return void (location.hash = link);
    const code = readCode(field.value);
    if (!code) return void (place.textContent = text('wrong-code'));
    place.textContent = text('asking');
    const into = mine ?? newSecret();
    if (!mine) remember({secret: into, fresh: true});
    const own_ = await keysOf(into);
    const answer = await question('addAt', {code, auth_hash: own_.authHash, clip_key: own_.clipKey});
    if (answer.status === 'offline') return void (place.textContent = text('needs-network'));
    if (answer.status !== 'ok') return void (place.textContent = answer.message || text('failed'));
    field.value = '';
    place.textContent = '';
    if (!mine || into !== secret) return void location.replace(`${page.dataset.scope}?lang=${lang}#${into}`);
    find('add-form').closest('details').open = false;
    await refresh();
    tickets.lastElementChild?.scrollIntoView({block: 'start'});
  });

  const transferSheet = document.querySelector('[data-transfer-sheet]');
  async function transfer(number, place) {
    place.textContent = text('asking');
    const answer = await question('transferAt', {card: number});
    if (answer.status === 'offline') return void (place.textContent = text('needs-network'));
    if (answer.status !== 'ok') return void (place.textContent = answer.message || text('failed'));
    place.textContent = '';
    const ends = Date.now() + answer.seconds * 1000;
    const left = transferSheet.querySelector('[data-transfer-time]');
    drawPicture(transferSheet.querySelector('[data-transfer-picture]'), `${location.origin}${page.dataset.printAt}#${answer.code}`);
    transferSheet.querySelector('[data-transfer-code]').textContent = inGroups(answer.code);
    const count = () => {
      const seconds = Math.max(0, Math.round((ends - Date.now()) / 1000));
      left.textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
      if (!seconds) transferSheet.close();
    };
    count();
    const timer = setInterval(count, 1000);
    transferSheet.addEventListener('close', () => { clearInterval(timer); refresh(); }, {once: true});
    open(transferSheet);
  }

  async function takeOff(number, place) {
    const answer = await question('offAt', {card: number});
    if (answer.status === 'offline') return void (place.textContent = text('needs-network'));
    if (answer.status !== 'ok') return void (place.textContent = answer.message || text('failed'));
    await refresh();
  }

  // A link with other cards than this telephone's own: each goes over as to one more telephone, and off the link.
  find('gather').addEventListener('click', async (event) => {
    event.currentTarget.disabled = true;
    if (!known(secret)) await refresh(); // pressed before the answer came
    if (!known(secret)) return void (find('gather').disabled = false);
    tell(text('asking'));
    const here = await keysOf(mine);
    for (const {number} of known(secret)?.cards ?? []) {
      const code = await question('transferAt', {card: number});
      const added = code.status === 'ok' && await question('addAt', {code: code.code, auth_hash: here.authHash, clip_key: here.clipKey});
      if (!added || added.status !== 'ok') return tell(code.message || added?.message || text('failed'));
      await question('offAt', {card: number});
    }
    location.replace(`${page.dataset.scope}?lang=${lang}#${mine}`);
  });

  const keeping = startKeeping(page, {secret, text, lang, transfer, takeOff, redraw: drawTickets, nameOf});
  show('foreign', Boolean(inAddress && inAddress !== mine));
  show('pending', Boolean(own().pending && secret === mine));
  if (written && !inAddress) tell(text('malformed'));
  if (!secret) return tellEmpty(true);
  drawTickets();
  keeping.tell();
  if (!known(secret)) tell(text('asking'));
  await refresh();
  setInterval(() => { if (!document.hidden) tellNow(tickets, now); }, 30000);
  addEventListener('online', refresh);
  document.addEventListener('visibilitychange', () => { if (!document.hidden && Date.now() - asked > FRESH) refresh(); });
}
