// Codes for cameras, drawn on the telephone: dark on white also in the dark, with the quiet border that readers need.
import {encode} from 'uqr';
import {STEP_SECONDS, rotatingText} from './wallet_keys.js';

const SVG = 'http://www.w3.org/2000/svg';

export function draw(place, text) {
  const {data, size} = encode(text, {ecc: 'M', border: 4});
  const path = data.flatMap((row, y) => row.map((dark, x) => dark ? `M${x} ${y}h1v1h-1z` : '')).join('');
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('shape-rendering', 'crispEdges');
  svg.setAttribute('aria-hidden', 'true');
  for (const [d, fill] of [[`M0 0h${size}v${size}h-${size}z`, '#fff'], [path, '#000']]) {
    const drawn = document.createElementNS(SVG, 'path');
    drawn.setAttribute('d', d);
    drawn.setAttribute('fill', fill);
    svg.append(drawn);
  }
  place.replaceChildren(svg);
}

/** Show a card's rotating code until the sheet closes. `now` is the server's clock as far as the telephone knows it. */
export function rotate(sheet, keys, number, now) {
  const place = sheet.querySelector('[data-code-picture]');
  const time = sheet.querySelector('[data-code-time]');
  let shown = '';
  let screen = null;
  async function tick() {
    const text = await rotatingText(keys.clipBytes, number, now());
    if (text !== shown) {
      shown = text;
      place.dataset.text = text;
      draw(place, text);
    }
    time.value = STEP_SECONDS - (now() / 1000) % STEP_SECONDS;
  }
  const timer = setInterval(tick, 500);
  navigator.wakeLock?.request('screen').then((lock) => { screen = lock; }).catch(() => {});
  sheet.addEventListener('close', () => {
    clearInterval(timer);
    screen?.release().catch(() => {});
    place.replaceChildren();
    delete place.dataset.text;
  }, {once: true});
  return tick();
}
