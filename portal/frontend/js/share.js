// Share with the phone's own sheet, else copy the address. Print and copy are buttons only where there is script.
async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    document.getElementById(button.getAttribute('aria-describedby')).textContent = button.dataset.copied;
  } catch {
    // The text is marked; the reader's own keys copy it.
  }
}

export function startShare() {
  document.addEventListener('click', async (event) => {
    const print = event.target.closest?.('[data-print]');
    if (print) return window.print();
    const copier = event.target.closest?.('[data-copy]');
    if (copier) return copy(copier);
    const button = event.target.closest?.('[data-share]');
    if (!button) return;
    const url = button.dataset.share || location.href;
    const status = document.getElementById(button.getAttribute('aria-describedby') ?? '');
    try {
      if (navigator.share) await navigator.share({title: document.title, url});
      else {
        await navigator.clipboard.writeText(url);
        if (status) status.textContent = button.dataset.copied;
      }
    } catch (fault) {
      if (fault.name !== 'AbortError' && status) status.textContent = url;
    }
  });
}
