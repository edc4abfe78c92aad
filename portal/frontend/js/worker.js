// Registers the service worker when everything else has come: it keeps the offline page, see sw.js.
export function startWorker() {
  if (!('serviceWorker' in navigator) || window.top !== window) return;
  const register = () => navigator.serviceWorker.register('/sw.js').catch(() => {});
  if (document.readyState === 'complete') register();
  else addEventListener('load', register, {once: true});
}
