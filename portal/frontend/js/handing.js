// Sheets of cards: says that something is being made, and puts the file among the downloads. Works without it.

/** While a form that takes its time is on its way. */
function startBusy(form) {
  form.addEventListener('submit', () => {
    form.querySelector('[data-progress]').hidden = false;
  });
}

/** Fetches the file, so that the page with its codes stays where it is. */
function startPrint(form) {
  const progress = form.querySelector('[data-progress]');
  const said = form.querySelector('[data-said]');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!progress.hidden) return; // pressed twice
    progress.hidden = false;
    said.textContent = '';
    const body = new FormData(form);
    if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value);
    try {
      const answer = await fetch(form.action, {method: 'POST', body});
      if (answer.headers.get('Content-Type') !== 'application/pdf') {
        if (!answer.ok && answer.status !== 422) throw new Error('no file');
        form.submit(); // the page that comes says why not
        return;
      }
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await answer.blob());
      link.download = form.dataset.print;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      said.textContent = form.dataset.done;
    } catch {
      said.textContent = form.dataset.failed;
    }
    progress.hidden = true;
  });
}

for (const form of document.querySelectorAll('form[data-busy]')) startBusy(form);
for (const form of document.querySelectorAll('form[data-print]')) startPrint(form);
