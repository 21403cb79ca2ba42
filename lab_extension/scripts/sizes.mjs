// Fails where a bundle has grown past what a page should load; kB gzipped.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const EXTENSION = here('../labextension/static');
const STATIC = here('../../lims/jupyter/static');
const LIMITS_KB = { extension: 60, later: 30, 'full.js': 120, 'widget.js': 3, 'widget.css': 8 };

const size = path => (existsSync(path) ? gzipSync(readFileSync(path), { level: 9 }).length / 1000 : Infinity);
// JupyterLab shares React; its own copy in the bundle is only loaded where nothing is shared.
const ours = readdirSync(EXTENSION).filter(name => name.endsWith('.js') && !/^vendors-node_modules_react(-dom)?_/.test(name));
// Chunks that others import are loaded when they are opened (src/components/later.tsx), and not at every start.
const importers = ours.filter(name => !name.startsWith('remoteEntry.'));
const opened = importers.flatMap(name => [...readFileSync(join(EXTENSION, name), 'utf-8').matchAll(/\.e\((\d+)\)/g)].map(([, id]) => id));
const isLater = name => opened.includes(name.split('.')[0]);
const together = names => names.reduce((sum, name) => sum + size(join(EXTENSION, name)), 0);
const sizes = {
  extension: together(ours.filter(name => !isLater(name))),
  later: together(ours.filter(isLater)),
  ...Object.fromEntries(['full.js', 'widget.js', 'widget.css'].map(name => [name, size(join(STATIC, name))]))
};
for (const [name, kB] of Object.entries(sizes)) {
  console.log(`${name.padEnd(11)} ${kB.toFixed(1).padStart(6)} kB gz of ${LIMITS_KB[name]}`);
  if (kB > LIMITS_KB[name]) {
    process.exitCode = 1;
  }
}
