/** The anywidget: borrows the interface from the JupyterLab extension where that is loaded, else asks the kernel for it. */
import { commApi, type CommModel, pageApi } from '../api';
import type { mount as Mount } from '../mount';
import { addressShared, traitShared, type TraitModel } from '../shared';
import type { Api, Host } from '../tokens';
import { UI_KEY } from '../version';

type Model = CommModel & TraitModel;
interface Interface {
  mount: typeof Mount;
}
const published = globalThis as unknown as Record<symbol, Interface | Promise<Interface> | undefined>;

async function fromKernel(api: ReturnType<typeof commApi>): Promise<Interface> {
  const source = (await api.ask('esm', {})) as string;
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return import(/* webpackIgnore: true */ address) as Promise<Interface>;
}

/** The person's own server over HTTP, where it says on its page that it passes the LIMS on. */
function serverOf(): Api | undefined {
  try {
    const { limsApi } = JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}') as { limsApi?: unknown };
    return typeof limsApi === 'string' && /^\/(?!\/)/.test(limsApi) ? pageApi(limsApi) : undefined;
  } catch {
    return undefined;
  }
}

function hostOf(model: Model): Host {
  // Voilà's shell wears JupyterLab's class too.
  const isInLab = document.querySelector('.jp-LabShell') !== null && document.body.dataset.voila === undefined;
  const isPage = model.get('layout_mode') === 'page' && !isInLab;
  const shared = traitShared(model);
  return {
    place: isPage || !isInLab ? 'voila' : 'cell',
    layout: isPage ? 'page' : 'cell',
    shared: isPage ? addressShared(shared) : shared
  };
}

/** A page of its own fills the window, and follows the system's colours unless the page or its address names a theme. */
function takePage(): void {
  const root = document.documentElement;
  root.classList.add('lims-fullpage');
  const isThemed = document.body.dataset.jpThemeName !== undefined || new URLSearchParams(location.search).has('theme');
  if (!isThemed) {
    root.classList.add('lims-auto');
  }
}

async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
  const api = commApi(model, model.get('is_elsewhere') ? undefined : serverOf());
  const host = hostOf(model);
  if (host.layout === 'page') {
    takePage();
  }
  const { mount } = await (published[UI_KEY] ??= fromKernel(api));
  const unmount = mount(el, model.get('component') as string, api, host);
  return () => {
    unmount();
    api.dispose();
  };
}

export default { render };
