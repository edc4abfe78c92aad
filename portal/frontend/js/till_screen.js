// The screen: which of its parts is seen, and the answer that fills it. It is spoken too, and goes away by itself or with one key.
export const part = (name) => document.querySelector(`[data-${name}]`);
const json = (id) => JSON.parse(document.getElementById(id).textContent);
export const said = json('till-said');
export const reasons = json('till-reasons');
export const settings = json('till-settings');
const button = (name) => document.getElementById('till-words').content.querySelector(`[data-${name}]`).textContent;
export const words = {undo: button('undo'), one: button('more-one'), again: button('again'), back: button('back'), next: button('next')};

export const filled = (text, facts) => text.replace(/%\((\w+)\)s/g, (whole, name) => facts[name] ?? whole);

/** A text of the server's in its own language. */
export function write(place, text) {
  const {text: plain, lang, dir} = typeof text === 'string' ? {text} : text;
  place.textContent = plain;
  if (lang && lang !== document.documentElement.lang) {
    place.lang = lang;
    place.dir = dir;
  } else {
    place.removeAttribute('lang');
    place.removeAttribute('dir');
  }
}

/** How many are let in, in words: the server writes them, as languages count in their own ways. */
export const peopleWords = (offer, count) => offer.people[count - 1] ?? String(count);
export const waitingWords = (count) => filled(said.waiting, {count});

export function show(view) {
  for (const section of document.querySelectorAll('[data-view]')) section.hidden = section.dataset.view !== view;
}

export function speak(text) {
  const place = part('spoken');
  place.textContent = '';
  requestAnimationFrame(() => { place.textContent = text; });
}

/** {open(answer), close(), isOpen}. An answer: {kind, words, more, codes, others, seconds, amount, deed: {text, run}, next: {text, run}}. */
export function makeAnswer(afterwards) {
  const screen = part('view-answer');
  const [next, deed, form] = [part('next'), part('do'), part('amount')];
  let now = null;
  let timer = 0;

  function close() {
    if (!now) return;
    clearTimeout(timer);
    now = null;
    screen.hidden = true;
    document.querySelector('.till-main').inert = document.querySelector('.till-bar').inert = false;
    afterwards();
  }

  function leave(run) {
    close();
    run?.();
  }

  function open(answer) {
    clearTimeout(timer);
    now = answer;
    screen.dataset.kind = answer.kind;
    write(part('words'), answer.words);
    write(part('more'), answer.more ?? '');
    part('codes').hidden = !answer.codes?.length;
    part('codes').replaceChildren(...(answer.codes ?? []).map((code) => Object.assign(document.createElement('li'), {textContent: code, dir: 'ltr'})));
    part('others').hidden = !answer.others?.length;
    part('others').replaceChildren(...(answer.others ?? []).map(({text, run}) => {
      const line = document.createElement('li');
      const choice = Object.assign(document.createElement('button'), {type: 'button', className: 'ds-button'});
      write(choice, text);
      choice.addEventListener('click', () => leave(run));
      line.append(choice);
      return line;
    }));
    form.hidden = !answer.amount;
    form.onsubmit = (event) => {
      event.preventDefault();
      const kroner = Number(form.querySelector('input').value.replace(/\s/g, '').replace(',', '.'));
      if (kroner > 0) leave(() => answer.amount(Math.round(kroner * 100)));
    };
    part('next-words').textContent = answer.next?.text ?? words.next;
    deed.hidden = !answer.deed;
    deed.textContent = answer.deed?.text ?? '';
    part('time').hidden = !answer.seconds;
    const bar = part('time').firstElementChild;
    if (answer.seconds) {
      bar.replaceWith(bar.cloneNode());
      part('time').style.setProperty('--seconds', `${answer.seconds}s`);
      timer = setTimeout(close, answer.seconds * 1000);
    }
    screen.hidden = false;
    document.querySelector('.till-main').inert = document.querySelector('.till-bar').inert = true;
    const text = (value) => (typeof value === 'string' ? value : value?.text ?? '');
    speak([text(answer.words), text(answer.more), ...(answer.codes ?? [])].filter(Boolean).join('. '));
    (answer.amount ? form.querySelector('input') : next).focus();
    navigator.vibrate?.(answer.kind === 'yes' ? 80 : [120, 80, 120]);
  }

  next.addEventListener('click', () => leave(now?.next?.run));
  deed.addEventListener('click', () => leave(now?.deed?.run));
  document.addEventListener('keydown', (event) => {
    if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') return leave(now.next?.run);
    // A scanner at the keyboard does not wait: what it types next belongs to the next card.
    if (event.key.length === 1 && event.key !== ' ' && !now.amount && now.kind !== 'ask') close();
  });
  return {open, close, isShowing: (answer) => now === answer, get isOpen() { return Boolean(now); }};
}
