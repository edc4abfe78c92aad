// "Near me": asks the browser where it is, rounds to about a hundred metres, and opens the results there.
export function startNearMe() {
  for (const button of document.querySelectorAll('[data-near-me]')) {
    if (!('geolocation' in navigator)) continue;
    button.hidden = false;
  }
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-near-me]');
    if (!button) return;
    const message = document.getElementById(button.getAttribute('aria-describedby') ?? '');
    const say = (text) => { if (message) message.textContent = text; };
    say(button.dataset.waiting);
    navigator.geolocation.getCurrentPosition(
      ({coords}) => {
        const url = new URL(button.dataset.nearMe, location.href);
        const now = new URL(location.href);
        if (url.pathname === now.pathname) for (const [name, value] of now.searchParams) if (!['near', 'page', 'sort'].includes(name)) url.searchParams.append(name, value);
        url.searchParams.set('near', `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`);
        url.searchParams.set('sort', 'distance');
        location.assign(url);
      },
      () => {
        say(button.dataset.refused);
        document.getElementById(button.dataset.field ?? '')?.focus();
      },
      {timeout: 10000, maximumAge: 300000},
    );
  });
}
