// Share with the phone's own sheet, else copy the address. Print is a button only where there is script.
export function startShare() {
  document.addEventListener('click', async (event) => {
    const print = event.target.closest?.('[data-print]');
    if (print) return window.print();
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
