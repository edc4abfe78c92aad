// Sheets over the page (dialogs): opened with the focus on their title; closed by their button, Escape or the phone's own "back".
const state = {sheet: 'open'};

export function open(sheet) {
  if (sheet.open) return;
  sheet.showModal();
  sheet.querySelector('[data-sheet-title],[data-done-title]')?.focus();
  history.pushState(state, '');
}

/** One sheet in the place of another. */
export function swap(from, to) {
  from.dataset.swapped = '1';
  from.close();
  to.showModal();
  to.querySelector('[data-sheet-title],[data-done-title]')?.focus();
}

export function startSheets() {
  document.addEventListener('click', (event) => event.target.closest?.('[data-close]')?.closest('dialog')?.close());
  addEventListener('popstate', () => { for (const sheet of document.querySelectorAll('dialog[open]')) sheet.close(); });
  // `close` does not bubble, but is seen on its way down.
  document.addEventListener('close', ({target}) => {
    if (target.dataset.swapped) delete target.dataset.swapped;
    else if (history.state?.sheet) history.back();
  }, true);
}
