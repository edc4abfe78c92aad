// The till at a counter: from a card that is shown to one sentence that fills the screen.
//
//   start ─ a code makes this browser a till ─▶ (offers: what for, asked once) ─▶ ready ⇄ answer          stopped: told 401
//
// What a card is used for is told to /api/v1/till/redeem under a key of its own, and again under the same key until an answer
// comes. The card that was used last is asked about before it is used once more: a picture is read many times a second.
import {whyNotNow, whyNotOffer, wallClock} from './card_conditions.js';
import {ask, tell} from './till_api.js';
import {makeCamera} from './till_camera.js';
import {askedOf, cardIn, grouped, isFresh, signsIn} from './till_codes.js';
import {kept} from './till_kept.js';
import {makeWaiting} from './till_waiting.js';
import {filled, makeAnswer, part, peopleWords, reasons, said, settings, show, speak, waitingWords, words, write} from './till_screen.js';

const READ = 8; // seconds a "yes" stays
const READ_NO = 20;
const SAME_CARD = 120_000; // milliseconds in which the same card is asked about
const OUT_OF_SIGHT = 2500; // milliseconds a card must be away before the camera takes it again
const MOST_BUTTONS = 8; // for so many people there is one each; more are typed
const REFRESH = 300_000; // milliseconds between two looks at the offers
const FIRST_SENTENCE = /^(.+?[.!?።؟])\s+(.+)$/su;
const TIMES = new Set(['wrong_day', 'wrong_time', 'wrong_season', 'black_out', 'not_open_yet']); // when it can be used is said too
const ELSE = new Set(['not_on_card', 'exhausted', 'too_few_left', 'offer_exhausted', 'no_codes', ...TIMES]);

let token = kept.get('token');
let facts = null;
let offer = null;
let people = 1;
let busy = false;
let clockOff = 0; // of this browser, in milliseconds
const seen = {card: '', at: 0};
const usedAt = new Map(); // card → when, for some minutes
const cardOf = new Map(); // mark → card
const undoKeys = new Map(); // mark → key: another till may take the same back, with a key of its own

const answer = makeAnswer(toField);
const waiting = makeWaiting({token: () => token, address: settings.tell, onStopped: stop, onTold: () => refresh()});
const camera = makeCamera(document.querySelector('[data-frame] video'), document.body.dataset.wasm, scanned);
const now = () => Date.now() + clockOff;
const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

// ── becoming a till ───────────────────────────────────────────────────────────────────────────────────────

const invitation = () => location.hash.slice(1);

function start(fault = '') {
  part('invited').hidden = !invitation();
  part('enrol-form').hidden = Boolean(invitation());
  part('start-fault').hidden = !fault;
  part('start-fault').textContent = fault;
  show('start');
}

async function enrol(code) {
  if (!kept.set('asked', '1')) return start(said.no_storage);
  kept.drop('asked');
  const {status, body} = await ask(settings.enrol, {method: 'POST', body: {code}});
  if (status !== 200) {
    if (status) history.replaceState(null, '', location.pathname); // without an answer the same code is tried again
    return start(body.message ?? said.not_sent_more);
  }
  kept.set('token', body.token);
  token = body.token;
  history.replaceState(null, '', location.pathname);
  speak(said.enrolled);
  await open();
}

function stop() {
  answer.close();
  camera.off();
  token = '';
  kept.drop('token');
  show('stopped');
  waiting.count().then((count) => {
    part('lost').hidden = !count;
    part('lost').textContent = waitingWords(count);
  });
  document.getElementById('stopped-heading').focus();
}

// ── what it is used for ───────────────────────────────────────────────────────────────────────────────────

async function refresh() {
  const {status, body} = await ask(settings.state, {token});
  if (status === 401) {
    stop();
    return false;
  }
  if (status === 200) {
    facts = body;
    clockOff = Date.parse(body.at) - Date.now();
    kept.set('facts', JSON.stringify(body));
  } else if (!facts) {
    facts = JSON.parse(kept.get('facts') || 'null');
  }
  if (!facts) return false;
  part('till').textContent = facts.till;
  write(part('provider'), facts.provider);
  writeWarnings();
  writeUses();
  if (offer) sameOffer();
  return true;
}

/** A new day may have other offers: what was chosen goes on as it is now, or is asked again. */
function sameOffer() {
  const most = offer.most_people;
  const same = facts.offers.find(({id}) => id === offer.id);
  if (!same) {
    offer = null;
    if (!answer.isOpen) offerList();
    return;
  }
  offer = same;
  write(part('offer'), offer.title);
  part('change').hidden = facts.offers.length < 2;
  if (offer.most_people !== most) choosePeople(offer.most_people);
}

async function open() {
  show('loading');
  part('retry').hidden = true;
  if (!(await refresh())) {
    part('retry').hidden = false;
    return;
  }
  const known = facts.offers.find(({id}) => String(id) === kept.get('offer'));
  if (known) choose(known);
  else if (facts.offers.length === 1) choose(facts.offers[0]);
  else offerList();
  waiting.start(facts);
  if (facts.offers.some((one) => one.offline)) keepPage();
}

function offerList() {
  const lines = facts.offers.map((one) => {
    const line = document.createElement('li');
    const button = Object.assign(document.createElement('button'), {type: 'button', className: 'ds-button'});
    button.dataset.variant = 'secondary';
    write(button, one.title);
    button.addEventListener('click', () => choose(one));
    line.append(button);
    return line;
  });
  if (!lines.length) lines.push(Object.assign(document.createElement('li'), {textContent: said.no_offers}));
  part('offers').replaceChildren(...lines);
  camera.off();
  cameraSays();
  show('offers');
  document.getElementById('offers-heading').focus();
}

function choose(one) {
  offer = one;
  kept.set('offer', String(one.id));
  write(part('offer'), one.title);
  part('change').hidden = facts.offers.length < 2;
  choosePeople(one.most_people);
  show('ready');
  if (kept.get('camera') === 'on') turnOn();
  toField();
}

/** Where one types next. On a telephone that would open its keyboard over everything: there it is the heading. */
function toField() {
  if (!offer) return offerList();
  const types = !camera.isOn && matchMedia('(pointer: fine)').matches;
  return (types ? part('code-form').querySelector('input') : document.getElementById('ready-heading')).focus();
}

function choosePeople(most) {
  people = 1;
  part('people').hidden = most < 2;
  if (most > MOST_BUTTONS) {
    const field = Object.assign(document.createElement('input'), {type: 'number', min: 1, max: most, value: 1, className: 'ds-input till-field'});
    field.setAttribute('aria-labelledby', part('people').querySelector('legend').id);
    field.addEventListener('input', () => { people = Math.min(most, Math.max(1, Math.round(field.valueAsNumber) || 1)); });
    return part('people').querySelector('div').replaceChildren(field);
  }
  const choices = Array.from({length: most}, (_, index) => {
    const label = document.createElement('label');
    const input = Object.assign(document.createElement('input'), {type: 'radio', name: 'people', value: index + 1, checked: !index});
    input.addEventListener('change', () => { people = index + 1; });
    label.append(input, String(index + 1));
    return label;
  });
  return part('people').querySelector('div').replaceChildren(...choices);
}

function writeWarnings() {
  const place = part('warnings');
  place.hidden = !facts.warnings.length;
  place.querySelector('ul').replaceChildren(...facts.warnings.map(({title, text}) => {
    const line = document.createElement('li');
    const name = document.createElement('span');
    write(name, title);
    line.append(name, `: ${text}`);
    return line;
  }));
}

function writeUses() {
  const uses = facts.uses.filter(({until}) => Date.parse(until) > now());
  part('uses').hidden = !uses.length;
  part('uses').querySelector('ul').replaceChildren(...uses.map((use) => {
    const line = document.createElement('li');
    const text = document.createElement('span');
    const title = document.createElement('span');
    write(title, use.title);
    // A line through a text is not read out.
    const more = [use.people, use.how, use.undone && said.undone];
    text.append(`${use.clock} `, title, ` · ${more.filter(Boolean).join(' · ')}`);
    line.append(text);
    if (use.undone) {
      text.className = 'is-undone';
      return line;
    }
    const button = Object.assign(document.createElement('button'), {type: 'button', className: 'ds-button', textContent: words.undo});
    button.dataset.variant = 'tertiary';
    button.dataset.size = 'sm';
    button.setAttribute('aria-label', filled(said.undo_of, {what: use.title.text, time: use.clock}));
    button.addEventListener('click', () => undo(use.mark));
    line.append(button);
    return line;
  }));
}

// ── a card is shown ───────────────────────────────────────────────────────────────────────────────────────

function scanned(text) {
  const found = cardIn(text);
  if (!found) {
    if (!answer.isOpen) part('camera-said').textContent = said.no_code;
    return;
  }
  const same = found.card === seen.card && Date.now() - seen.at < OUT_OF_SIGHT;
  if (same || busy || answer.isOpen) {
    if (found.card === seen.card) seen.at = Date.now();
    return;
  }
  Object.assign(seen, {card: found.card, at: Date.now()});
  part('camera-said').textContent = '';
  take(found);
}

function typed(event) {
  event.preventDefault();
  const field = event.target.querySelector('input');
  const found = cardIn(field.value);
  if (!field.value.trim()) return;
  if (!found) {
    part('code-said').textContent = signsIn(field.value) === 16 ? said.slip : said.no_code;
    field.setAttribute('aria-invalid', 'true');
    field.select();
    return;
  }
  field.value = '';
  part('code-said').textContent = '';
  Object.assign(seen, {card: found.card, at: Date.now()});
  take(found);
}

function typing(event) {
  const field = event.target;
  field.removeAttribute('aria-invalid');
  if (field.selectionEnd === field.value.length) field.value = grouped(field.value);
  const count = signsIn(field.value);
  part('code-said').textContent = count === 16 && !cardIn(field.value) ? said.slip : count && count < 16 ? filled(said.short, {count}) : '';
}

function take(found) {
  if (found.card === settings.practice) return practise();
  const attempt = {found, key: newKey(), offer, people};
  const before = usedAt.get(found.card);
  if (before && Date.now() - before < SAME_CARD) {
    return answer.open({
      kind: 'ask',
      words: said.twice,
      more: said.twice_more,
      next: {text: words.back},
      deed: {text: words.one, run: () => send(attempt)},
    });
  }
  return send(attempt);
}

async function send(attempt) {
  if (busy) return;
  busy = true;
  part('code-said').textContent = said.asking;
  const offline = attempt.offer.offline && !navigator.onLine;
  const result = offline ? {status: 0, body: {}} : await tell(settings.redeem, {token, body: askedOf(attempt)});
  busy = false;
  part('code-said').textContent = '';
  seen.at = Date.now();
  await told({...attempt, sent: attempt.sent || !offline}, result);
  if (result.status === 200 || result.status === 409) refresh();
}

async function told(attempt, {status, body}) {
  if (status === 200) return yes(attempt, body);
  if (status === 401) return stop();
  if (status === 409 && body.reason === 'nothing_asked' && !attempt.amount) {
    const amount = (ore) => send({...attempt, key: newKey(), amount: ore});
    return answer.open({kind: 'ask', words: attempt.offer.title, amount, next: {text: words.back}});
  }
  if (status === 429) return answer.open({kind: 'no', words: said.many, more: body.message ?? said.many_more, seconds: READ_NO});
  if (status === 409 || status === 422) return no(attempt, body);
  if (attempt.offer.offline) return without(attempt);
  return answer.open({
    kind: 'wait',
    words: said.no_network,
    more: said.no_network_more,
    next: {text: words.back},
    deed: {text: words.again, run: () => send(attempt)},
  });
}

function yes(attempt, body) {
  if (body.practice) return practise();
  if (body.status === 'reversed') return answer.open({kind: 'no', words: said.reversed, seconds: READ_NO});
  usedAt.set(attempt.found.card, Date.now());
  cardOf.set(body.redemption, attempt.found.card);
  choosePeople(attempt.offer.most_people);
  const ofAmount = body.unit === 'ore';
  const left = ofAmount ? filled(said.left_kroner, {count: kroner(body.left)}) : filled(said.left, {count: body.left});
  const codes = body.codes ?? [];
  answer.open({
    kind: 'yes',
    words: sentence(attempt, ofAmount ? `${kroner(body.used)}\u00a0kr` : ''),
    more: codes.length ? said.codes : left,
    codes,
    seconds: codes.length ? 0 : READ,
    deed: {text: words.undo, run: () => undo(body.redemption)},
  });
}

const kroner = (ore) => (ore % 100 ? (ore / 100).toFixed(2).replace('.', ',') : String(ore / 100));

/** What to let in, in one sentence: for how many, and what it cost of an amount. */
function sentence({offer: {let_in: what, ...one}, people: count}, cost = '') {
  const more = [count > 1 ? peopleWords(one, count) : '', cost].filter(Boolean);
  return more.length ? {...what, text: [what.text, ...more].join(' · ')} : what;
}

function no(attempt, body) {
  // The first sentence fills the screen, the others say what to do.
  const text = reasons[body.reason] ?? body.message ?? '';
  const [, first = text, rest = ''] = FIRST_SENTENCE.exec(text) ?? [];
  const when = TIMES.has(body.reason) ? attempt.offer.conditions : [];
  const refusal = {kind: 'no', words: first || said.no, more: [rest, ...when].filter(Boolean).join(' · '), seconds: READ_NO};
  answer.open(refusal);
  if (attempt.found && ELSE.has(body.reason) && facts.offers.length > 1) offerElse(attempt, refusal);
}

/** What else the card can be used for here, where this is not on it. */
async function offerElse(attempt, refusal) {
  const {status, body} = await ask(settings.offers, {token, method: 'POST', body: {code: attempt.found.text}});
  if (status !== 200 || !answer.isShowing(refusal)) return;
  const open_ = body.offers.filter((one) => one.open && one.offer !== attempt.offer.id);
  const others = open_.map(({offer: id}) => facts.offers.find((one) => one.id === id)).filter(Boolean);
  if (!others.length) return;
  const run = (one) => () => send({...attempt, key: newKey(), offer: one, people: Math.min(attempt.people, one.most_people)});
  answer.open({...refusal, seconds: 0, others: others.map((one) => ({text: one.title, run: run(one)}))});
}

function practise() {
  answer.open({
    kind: 'practice',
    words: said.practice,
    more: offer ? filled(said.practice_says, {what: offer.let_in.text}) : '',
    seconds: READ_NO,
  });
}

// ── without network, where the agreement allows it ────────────────────────────────────────────────────────

async function without(attempt) {
  const at = now();
  const {day} = wallClock(at);
  const reason = whyNotOffer(attempt.offer.facts, day) ?? whyNotNow(attempt.offer.facts.conditions, at)
    ?? (isFresh(attempt.found.step, at) ? null : 'step_old') ?? (await waiting.whyNot(attempt, day));
  if (reason) return no(attempt, {reason});
  await waiting.add(attempt, {at, seenAt: facts.at});
  usedAt.set(attempt.found.card, Date.now());
  choosePeople(attempt.offer.most_people);
  answer.open({
    kind: 'wait',
    words: sentence(attempt, attempt.amount ? `${kroner(attempt.amount)}\u00a0kr` : ''),
    more: said.kept_more,
    seconds: READ,
    // What was sent and not answered may have been counted; then it is taken back when there is network.
    deed: attempt.sent ? undefined : {text: words.undo, run: () => withdraw(attempt)},
  });
}

async function withdraw({key, found}) {
  if (!(await waiting.drop(key))) return refresh();
  usedAt.delete(found.card);
  return answer.open({kind: 'practice', words: said.undone, more: said.undone_more, seconds: READ});
}

/** The page and what it is made of, so that the till opens without network too; the site's worker (sw.js) gives them then. */
async function keepPage() {
  if (!('serviceWorker' in navigator) || !('caches' in window)) return;
  try {
    await navigator.serviceWorker.register('/sw.js');
    const {makeReader} = await import('./till_reader.js');
    await makeReader(document.body.dataset.wasm);
    const parts = performance.getEntriesByType('resource').map(({name}) => new URL(name)).filter(isBuilt).map(({pathname}) => pathname);
    const wanted = [location.pathname, ...new Set(parts)];
    const cache = await caches.open('till');
    await Promise.all(wanted.map((path) => cache.add(new Request(path, {credentials: 'omit', cache: 'no-cache'}))));
    for (const one of await cache.keys()) {
      const path = new URL(one.url).pathname;
      if (path.startsWith(built) && !wanted.includes(path)) await cache.delete(one);
    }
    document.body.dataset.kept = '';
  } catch { /* then it needs the network to open */ }
}

const built = new URL('.', import.meta.url).pathname;
const isBuilt = ({origin, pathname}) => origin === location.origin && pathname.startsWith(built);

// ── taking back ───────────────────────────────────────────────────────────────────────────────────────────

async function undo(mark) {
  if (busy) return;
  busy = true;
  if (!undoKeys.has(mark)) undoKeys.set(mark, newKey());
  const {status, body} = await tell(settings.undo, {token, body: {key: undoKeys.get(mark), redemption: mark}});
  busy = false;
  if (status === 401) return stop();
  if (status === 200) {
    usedAt.delete(cardOf.get(mark));
    answer.open({kind: 'practice', words: said.undone, more: said.undone_more, seconds: READ});
  } else if (status === 409 || status === 422) {
    no({offer}, body);
  } else {
    answer.open({kind: 'wait', words: said.no_network, more: said.not_sent_more, next: {text: words.back}, deed: {text: words.again, run: () => undo(mark)}});
  }
  refresh();
}

// ── the camera ────────────────────────────────────────────────────────────────────────────────────────────

function cameraSays(fault = '') {
  const button = part('toggle-camera');
  button.dataset.variant = camera.isOn ? 'secondary' : 'primary';
  button.querySelector('span').textContent = camera.isOn ? said.camera_on : said.camera_off;
  part('frame').hidden = !camera.isOn;
  if (!camera.isOn) part('other-camera').hidden = true;
  part('camera-said').textContent = fault;
}

async function turnOn() {
  if (camera.isOn) return;
  part('camera-said').textContent = said.camera_asks;
  part('frame').hidden = false;
  try {
    await camera.on();
    kept.set('camera', 'on');
    cameraSays();
    part('other-camera').hidden = !(await camera.several());
  } catch {
    camera.off();
    cameraSays(said.camera_none);
  }
}

function turnOff() {
  kept.drop('camera');
  camera.off();
  cameraSays();
}

/** No till any more: the server forgets it too. */
async function leave() {
  camera.off();
  const {status} = await ask(settings.leave, {token, method: 'POST'});
  if (![200, 401].includes(status)) return answer.open({kind: 'wait', words: said.no_network, more: said.forget_later});
  for (const name of ['token', 'offer', 'facts', 'camera']) kept.drop(name);
  await globalThis.caches?.delete('till');
  return location.reload();
}

// ── buttons ───────────────────────────────────────────────────────────────────────────────────────────────

part('enrol').addEventListener('click', () => enrol(invitation()));
part('enrol-form').addEventListener('submit', (event) => {
  event.preventDefault();
  enrol(event.target.elements.code.value);
});
part('retry').querySelector('button').addEventListener('click', open);
part('change').addEventListener('click', offerList);
part('code-form').addEventListener('submit', typed);
part('code-form').querySelector('input').addEventListener('input', typing);
part('toggle-camera').addEventListener('click', () => (camera.isOn ? turnOff() : turnOn()));
part('other-camera').addEventListener('click', () => camera.another().catch(() => turnOff()));
part('practise').addEventListener('click', practise);
part('again').addEventListener('click', () => start());
part('forget').addEventListener('click', async () => {
  const count = await waiting.count();
  if (count) return answer.open({kind: 'wait', words: waitingWords(count), more: said.forget_later});
  return answer.open({kind: 'ask', words: said.forget, next: {text: words.back}, deed: {text: said.forget_yes, run: leave}});
});
// What a scanner at the keyboard types, wherever one is, is a code.
document.addEventListener('keydown', ({key, target, ctrlKey, metaKey, altKey}) => {
  const elsewhere = key.length > 1 || key === ' ' || ctrlKey || metaKey || altKey || target.closest('input, summary, [role=dialog]');
  if (!elsewhere && offer && !document.querySelector('[data-view=ready]').hidden) part('code-form').querySelector('input').focus();
});
addEventListener('hashchange', () => invitation() && start());
document.addEventListener('visibilitychange', () => {
  if (document.hidden) camera.off();
  else if (token && facts) {
    refresh();
    if (kept.get('camera') === 'on' && offer) turnOn();
  }
});
setInterval(() => token && facts && !document.hidden && refresh(), REFRESH);

if (invitation() || !token) start();
else open();
