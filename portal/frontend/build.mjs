// Builds everything a browser loads into ../static/portal/build/. Map of the output:
//   site-HASH.css, site-HASH.js, map-HASH.js …   esbuild bundles; map parts are fetched only where a map is opened
//   icons-HASH.svg                               one sprite of the icons that icons.json names
//   drawing-NAME-HASH.svg                        illustrations with their shared palette (light and dark) put in
//   manifest.json                                plain name → hashed name, read by the template tag `asset`
//   *.gz, *.br                                   the same bytes compressed once, so that no server does it per visit
// `node build.mjs --check` builds in memory and compares with what stands there: nothing may differ.
import {build} from 'esbuild';
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../static/portal/build');
const at = (...parts) => join(here, ...parts);
const files = new Map(); // hashed name → bytes
const manifest = {};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  outdir: out,
  target: ['es2020', 'safari15.4', 'chrome105', 'firefox121'],
  legalComments: 'none',
  logLevel: 'warning',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: {'.png': 'file', '.svg': 'file', '.woff2': 'file'},
};

async function bundle(options) {
  const result = await build({...common, ...options});
  for (const file of result.outputFiles) files.set(basename(file.path), Buffer.from(file.contents));
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    const built = basename(path);
    const named = built.replace(/-[0-9A-Z]{8}(\.\w+)$/, '$1');
    // Chunks share the name "chunk"; nobody asks for them by name.
    if (output.entryPoint || /\.woff2$/.test(built)) manifest[named] = built;
  }
}

function keep(name, text) {
  const bytes = Buffer.from(text);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  const built = name.replace(/(\.\w+)$/, `-${hash}$1`);
  files.set(built, bytes);
  manifest[name] = built;
}

function sprite() {
  const wanted = JSON.parse(readFileSync(at('icons.json'), 'utf8'));
  const symbols = Object.keys(wanted).sort().map((name) => {
    const svg = readFileSync(at('node_modules/@navikt/aksel-icons/dist/svg', `${wanted[name]}.svg`), 'utf8');
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '');
    const box = /viewBox="([^"]+)"/.exec(svg)[1];
    // Two decimals are plenty for an icon and halve the file; the colour is inherited from where the icon stands.
    const small = inner.replace(/\d*\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))).replace(/ fill="currentColor"/g, '');
    return `<symbol id="${name}" viewBox="${box}">${small.trim()}</symbol>`;
  });
  keep('icons.svg', `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`);
}

function drawings() {
  const palette = readFileSync(at('illustrations/palette.css'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '').trim();
  for (const file of readdirSync(at('illustrations')).filter((name) => name.endsWith('.svg')).sort()) {
    const svg = readFileSync(at('illustrations', file), 'utf8').trim().replace(/(<svg[^>]*>)/, `$1<style>${palette}</style>`);
    keep(file === 'logo.svg' ? 'logo.svg' : `drawing-${file}`, `${svg}\n`);
  }
}

// Leaflet's own default marker pictures are never used: our markers are drawn by CSS.
const withoutImages = {
  name: 'no-leaflet-images',
  setup(b) {
    b.onResolve({filter: /images\/(layers|marker)[^/]*\.png$/}, () => ({path: 'none', namespace: 'none'}));
    b.onLoad({filter: /.*/, namespace: 'none'}, () => ({contents: '', loader: 'empty'}));
  },
};

await bundle({entryPoints: {site: 'css/site.css', map: 'css/map.css', chart: 'css/chart.css', desk: 'css/desk.css', till: 'css/till.css', wallet: 'css/wallet.css'}, plugins: [withoutImages]});
await bundle({entryPoints: {site: 'js/site.js', desk: 'js/desk.js', till: 'js/till.js'}, format: 'esm', splitting: true});
await bundle({entryPoints: {wallet: 'js/wallet.js'}, format: 'esm'}); // one file, so that a telephone has all of it or nothing
// Scripts that stand alone: in a frame on another site, on that site, and the service worker.
await bundle({entryPoints: {embed: 'js/embed.js', embedded: 'js/embedded.js', sw: 'js/sw.js', wallet_sw: 'js/wallet_sw.js'}, format: 'iife'});
sprite();
drawings();
// Reads QR codes where a browser cannot by itself; fetched by till_reader.js when it is needed, from here and nowhere else.
keep('zxing_reader.wasm', readFileSync(at('node_modules/zxing-wasm/dist/reader/zxing_reader.wasm')));

const text = /\.(css|js|svg|json|wasm)$/;
const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
files.set('manifest.json', Buffer.from(JSON.stringify(sorted, null, 1) + '\n'));
for (const [name, bytes] of [...files]) {
  if (!text.test(name) || name === 'manifest.json') continue;
  files.set(`${name}.gz`, gzipSync(bytes, {level: 9}));
  files.set(`${name}.br`, brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length}}));
}

if (process.argv.includes('--check')) {
  const there = new Set(readdirSync(out));
  const wrong = [];
  for (const [name, bytes] of files) {
    if (!there.delete(name)) wrong.push(`missing: ${name}`);
    else if (!readFileSync(join(out, name)).equals(bytes)) wrong.push(`differs: ${name}`);
  }
  for (const name of there) wrong.push(`left over: ${name}`);
  if (wrong.length) {
    console.error(`${wrong.join('\n')}\nThe built front-end is not what its sources give: run "make frontend".`);
    process.exit(1);
  }
  console.log(`${files.size} built files are what their sources give.`);
} else {
  rmSync(out, {recursive: true, force: true});
  mkdirSync(out, {recursive: true});
  for (const [name, bytes] of files) writeFileSync(join(out, name), bytes);
  console.log(`${files.size} files, ${[...files.values()].reduce((sum, bytes) => sum + bytes.length, 0)} bytes`);
}
