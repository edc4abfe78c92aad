// The desk: keeps while somebody writes, shows only the questions that matter, and takes a press on a picture.
// Everything works without it.
import './handing.js';

const WAIT = 1500; // milliseconds of quiet before what was written is kept

/** Sends the form as it stands and says what became of it. A button pressed meanwhile waits for the answer. */
function startKeeping(form) {
  const said = form.querySelector('[data-said]');
  const seen = form.elements.seen;
  let timer = 0;
  let sending = null;

  async function keep() {
    try {
      const answer = await fetch(form.action || location.href, {method: 'POST', body: new FormData(form), headers: {Accept: 'application/json'}, redirect: 'manual'});
      if (!answer.headers.get('Content-Type')?.startsWith('application/json')) throw new Error('no answer');
      const facts = await answer.json();
      if (facts.seen) seen.value = facts.seen;
      said.textContent = facts.said;
      said.classList.toggle('desk-form__said--not', !answer.ok);
    } catch {
      said.textContent = form.dataset.lost;
      said.classList.add('desk-form__said--not');
    }
  }

  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      sending = (sending || Promise.resolve()).then(keep).then(() => { sending = null; });
    }, WAIT);
  });
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (!sending) return;
    event.preventDefault();
    const pressed = event.submitter;
    sending.then(() => form.requestSubmit(pressed));
  });
}

/** Questions that belong to one answer are hidden under the others. */
function startGroups(form) {
  const show = () => {
    for (const group of form.querySelectorAll('[data-when]')) {
      const [name, value] = group.dataset.when.split('=');
      group.hidden = form.elements[name].value !== value;
    }
  };
  form.addEventListener('change', show);
  show();
}

/** A press on the picture says which part of it must be seen; the nine places beside it say the same by keyboard. */
function startFocus(picture) {
  const form = picture.closest('form');
  const dot = document.createElement('span');
  dot.className = 'desk-picture__dot';
  dot.hidden = true;
  picture.append(dot);
  picture.addEventListener('click', (event) => {
    const box = picture.querySelector('img').getBoundingClientRect();
    const across = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const down = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    form.elements.across.value = across.toFixed(3);
    form.elements.down.value = down.toFixed(3);
    form.elements.part.value = `${Math.min(2, Math.floor(across * 3))}-${Math.min(2, Math.floor(down * 3))}`;
    dot.style.left = `${across * 100}%`;
    dot.style.top = `${down * 100}%`;
    dot.hidden = false;
  });
  form.addEventListener('change', (event) => {
    if (event.target.name !== 'part') return;
    form.elements.across.value = form.elements.down.value = '';
    dot.hidden = true;
  });
}

for (const form of document.querySelectorAll('form[data-keep]')) startKeeping(form);
for (const form of document.querySelectorAll('form:has([data-when])')) startGroups(form);
for (const picture of document.querySelectorAll('[data-focus]')) startFocus(picture);
