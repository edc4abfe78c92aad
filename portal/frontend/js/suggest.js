// Suggestions under a search field (a combobox): asked after a short pause, chosen by arrow keys or touch.
const PAUSE = 150;

export function startSuggest() {
  for (const field of document.querySelectorAll('input[data-suggest]')) attach(field);
}

function attach(field) {
  const list = document.createElement('ul');
  list.className = 'suggestions';
  list.id = `${field.id}-suggestions`;
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', field.dataset.suggestLabel ?? '');
  field.closest('.search-place')?.append(list);
  field.setAttribute('role', 'combobox');
  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-controls', list.id);
  field.setAttribute('aria-expanded', 'false');
  field.autocomplete = 'off';
  let timer;
  let running;
  let current = -1;

  const close = () => {
    running?.abort();
    list.hidden = true;
    current = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  };
  const choose = (option) => {
    if (option.dataset.url) return location.assign(option.dataset.url);
    field.value = option.dataset.value;
    close();
    field.form.requestSubmit();
  };
  const move = (step) => {
    const options = [...list.children];
    if (!options.length || list.hidden) return;
    current = (current + step + options.length + (current < 0 && step < 0 ? 1 : 0)) % options.length;
    options.forEach((option, index) => option.setAttribute('aria-selected', String(index === current)));
    field.setAttribute('aria-activedescendant', options[current].id);
    options[current].scrollIntoView({block: 'nearest'});
  };

  field.addEventListener('input', () => {
    clearTimeout(timer);
    const words = field.value.trim();
    if (words.length < 2) return close();
    timer = setTimeout(async () => {
      running?.abort();
      running = new AbortController();
      try {
        const url = new URL(field.dataset.suggest, location.href);
        url.searchParams.set('q', words);
        const answer = await fetch(url, {signal: running.signal});
        if (!answer.ok) return close();
        const {suggestions = []} = await answer.json();
        list.replaceChildren(...suggestions.map((suggestion, index) => {
          const option = document.createElement('li');
          option.id = `${list.id}-${index}`;
          option.setAttribute('role', 'option');
          option.setAttribute('aria-selected', 'false');
          option.dataset.value = suggestion.value ?? suggestion.label;
          if (suggestion.url) option.dataset.url = suggestion.url;
          const label = document.createElement('span');
          label.textContent = suggestion.label;
          if (suggestion.lang) label.lang = suggestion.lang;
          label.dir = 'auto';
          option.append(label);
          if (suggestion.hint) {
            const hint = document.createElement('small');
            hint.className = 'muted';
            hint.textContent = suggestion.hint;
            option.append(hint);
          }
          return option;
        }));
        current = -1;
        list.hidden = !suggestions.length;
        field.setAttribute('aria-expanded', String(!!suggestions.length));
      } catch (fault) {
        if (fault.name !== 'AbortError') close();
      }
    }, PAUSE);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (list.hidden) return;
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Escape') {
      // Of a search field Escape would also clear the words.
      if (!list.hidden) event.preventDefault();
      close();
    } else if (event.key === 'Enter' && current >= 0 && !list.hidden) {
      event.preventDefault();
      choose(list.children[current]);
    }
  });
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (option) choose(option);
  });
  field.form?.addEventListener('submit', () => {
    clearTimeout(timer);
    close();
  });
  field.addEventListener('blur', () => setTimeout(close, 100));
}
