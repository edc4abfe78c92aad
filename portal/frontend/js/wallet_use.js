// The press that uses a card: held for a second, by finger or by key. Who cannot hold is asked instead.
// A press has a key of its own, kept until it is answered: sent again, it is counted once.
import {clipsFor, wallClock, whyNot} from './card_conditions.js';

const HOLD = 900; // milliseconds

export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What an offer's facts say at a moment: a reason or null. Uses of another day do not count for today. */
export function reasonOf(facts, at, asked) {
  const {day} = wallClock(at);
  const card = facts.day === day ? facts.card : {...facts.card, used_today: 0};
  return whyNot(card, facts.offer, at, asked);
}

/** Tell at each offer whether it can be used now. */
export function tellNow(root, now) {
  const at = new Date(now());
  for (const offer of root.querySelectorAll('[data-facts]')) {
    const reason = reasonOf(JSON.parse(offer.dataset.facts), at);
    const sentence = reason && document.querySelector(`[data-reason="${reason}"]`)?.textContent;
    for (const place of offer.querySelectorAll('[data-now]')) {
      place.classList.toggle('offer__now--ok', !reason);
      place.querySelector('[data-now-ok]').hidden = Boolean(reason);
      const not = place.querySelector('[data-now-not]');
      not.hidden = !reason;
      if (sentence) not.textContent = sentence;
    }
  }
}

/** What is asked for in an offer's sheet. */
export function askedIn(sheet) {
  const value = (name) => Number(sheet.querySelector(`[data-${name}]`)?.value || 1);
  const amount = sheet.querySelector('[data-amount]');
  const asked = {card: sheet.dataset.card, offer: Number(sheet.dataset.offer), count: value('count'), people: value('people')};
  return amount ? {...asked, amount_ore: Math.round(Number(amount.value || 0) * 100)} : asked;
}

export function tellClips(sheet, facts) {
  const {count, people} = askedIn(sheet);
  const clips = sheet.querySelector('[data-clips]');
  if (clips) clips.textContent = clipsFor(facts.offer, count, people);
}

/** Call `done` when a button has been held; `short` when it was only pressed. */
export function onHold(button, done, short) {
  let timer = 0;
  let held = false;
  function begin() {
    if (timer || button.disabled) return;
    held = false;
    button.classList.add('is-held');
    timer = setTimeout(() => { held = true; end(); done(); }, HOLD);
  }
  function end() {
    clearTimeout(timer);
    timer = 0;
    button.classList.remove('is-held');
  }
  button.addEventListener('pointerdown', (event) => { if (event.button === 0) begin(); });
  for (const name of ['pointerup', 'pointerleave', 'pointercancel', 'blur']) button.addEventListener(name, end);
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  const isPress = (event) => event.key === ' ' || event.key === 'Enter';
  button.addEventListener('keydown', (event) => {
    if (!isPress(event)) return;
    event.preventDefault();
    if (!event.repeat) begin();
  });
  button.addEventListener('keyup', (event) => {
    if (!isPress(event)) return;
    event.preventDefault();
    const pressed = timer;
    end();
    if (pressed) short();
  });
  // A screen reader's press comes as a click alone.
  button.addEventListener('click', () => { if (!held) short(); held = false; });
}
