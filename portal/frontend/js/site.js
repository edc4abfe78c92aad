// The one script of public pages. Everything works without it; each part finds its place through a data- attribute.
import {startLiveForm} from './live_form.js';
import {startMapOpeners} from './map_opener.js';
import {startMyArea} from './my_area.js';
import {startNearMe} from './near_me.js';
import {startShare} from './share.js';
import {startShortlist} from './shortlist.js';
import {startSuggest} from './suggest.js';
import {startWorker} from './worker.js';

document.documentElement.classList.add('has-script');
startMapOpeners();
startLiveForm();
startNearMe();
startMyArea();
startShare();
startShortlist();
startSuggest();
startWorker();
if (document.documentElement.classList.contains('kiosk')) import('./kiosk.js').then(({startKiosk}) => startKiosk());
// From a printed QR code: not every browser opens what an address leads into.
if (location.hash === '#languages') document.getElementById('languages-menu')?.setAttribute('open', '');
if (document.querySelector('[data-passkey],[data-passkey-possible]')) import('./passkey.js').then(({startPasskeys}) => startPasskeys());
