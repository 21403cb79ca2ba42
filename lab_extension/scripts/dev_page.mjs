// The components over a laboratory in memory, for looking at them without a backend: jlpm dev [--serve PORT]
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { context } from 'esbuild';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const DIST = here('../test/dist/');
// The real themes' variables, from an installed JupyterLab: THEMES=<venv>/share/jupyter/lab/themes/@jupyterlab
const themes = process.env.THEMES ?? here('../../.venv/share/jupyter/lab/themes/@jupyterlab');

const built = await context({
  bundle: true, format: 'esm', sourcemap: true, entryPoints: [here('../test/dev/page.ts')], outfile: `${DIST}page.js`,
  define: { 'process.env.NODE_ENV': '"development"' }
});
await built.rebuild();
copyFileSync(here('../style/base.css'), `${DIST}base.css`);
for (const theme of ['light', 'dark']) {
  writeFileSync(`${DIST}${theme}.css`, readFileSync(`${themes}/theme-${theme}-extension/index.css`));
  writeFileSync(`${DIST}${theme}.html`, `<!doctype html><html lang="en" style="color-scheme:${theme}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>jupyter-lims</title>
<link rel="stylesheet" href="${theme}.css"><link rel="stylesheet" href="base.css">
<body style="margin:0;background:var(--jp-layout-color0)"><main id="root"></main><script type="module" src="page.js"></script>`);
}
const port = process.argv.indexOf('--serve') > 0 ? Number(process.argv[process.argv.indexOf('--serve') + 1]) : 0;
if (port) {
  await built.serve({ servedir: DIST, port, host: '127.0.0.1' });
  console.log(`http://127.0.0.1:${port}/light.html?component=RecordBrowser`);
} else {
  await built.dispose();
}
