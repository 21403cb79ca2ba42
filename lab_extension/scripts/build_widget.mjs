// Builds what the Python package serves to widgets: the stub, everything in one module or script, the style sheet.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const STATIC = here('../../lims/jupyter/static/');
const shared = {
  bundle: true,
  format: 'esm',
  minify: true,
  target: 'es2022',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning'
};

mkdirSync(STATIC, { recursive: true });
await build({ ...shared, entryPoints: [here('../src/widget/stub.ts')], outfile: `${STATIC}widget.js` });
await build({ ...shared, entryPoints: [here('../src/widget/full.ts')], outfile: `${STATIC}full.js` });
await build({ ...shared, format: 'iife', entryPoints: [here('../src/widget/page.ts')], outfile: `${STATIC}page.js` });
await build({ ...shared, entryPoints: [here('../style/base.css')], outfile: `${STATIC}widget.css` });
