/** One component on a page of its own, over the laboratory in memory: ?component=RecordBrowser&layout=page&me=…&open=… */
import { mount } from '../../src/mount';
import { addressShared, memoryShared } from '../../src/shared';
import type { Host } from '../../src/tokens';
import { FixtureApi, type Pictures } from '../fixture/api';

const query = new URLSearchParams(location.search);
const component = query.get('component') ?? 'RecordBrowser';
const layout = (query.get('layout') ?? 'page') as Host['layout'];

async function pictures(): Promise<Pictures> {
  const ask = (name: string): Promise<Response> => window.fetch(`pictures/${name}`);
  const sizes = (await (await ask('index.json')).json()) as [number, number][];
  return { sizes, load: async (number, large) => (await ask(`${number}${large ? '' : '.t'}.webp`)).blob() };
}

async function show(): Promise<void> {
  const api = new FixtureApi(await pictures(), { me: query.get('me') ?? 'maria.k', open: query.get('open') ?? undefined, delayMs: Number(query.get('delay') ?? 30) });
  Object.assign(window, { fixture: api });
  if (layout === 'page') {
    document.documentElement.classList.add('lims-fullpage');
  }
  const memory = memoryShared({ of: query.get('of') ?? '', datasets: query.get('datasets')?.split(',') });
  const isPanel = layout === 'panel';
  const host: Host = {
    place: isPanel ? 'lab' : layout === 'page' ? 'voila' : 'cell',
    layout,
    shared: layout === 'page' ? addressShared(memory) : memory,
    insert: isPanel ? source => console.log('insert', source) : undefined,
    open: isPanel ? id => console.log('open', id) : undefined
  };
  const root = document.getElementById('root');
  if (root) {
    mount(root, component, api, host);
  }
}

void show();
