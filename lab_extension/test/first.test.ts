import { afterEach, expect, test } from 'vitest';

import { answeredFirst } from '../src/first';
import type { Api } from '../src/tokens';

afterEach(() => document.getElementById('lims-first')?.remove());

function page(told: unknown): { api: Api; asked: string[] } {
  const asked: string[] = [];
  const element = document.createElement('script');
  element.type = 'application/json';
  element.id = 'lims-first';
  element.textContent = JSON.stringify(told);
  document.body.append(element);
  const call = (operation: string): Promise<never> => {
    asked.push(operation);
    return Promise.resolve({ from: 'the kernel' } as never);
  };
  return { asked, api: { call, bytes: () => Promise.resolve(new Blob()), address: () => Promise.resolve(null) } };
}

const search = { query: 'weld', kind: 'record', sort: 'newest', filters: '{}' } as const;

test('what the page already says is not asked, whatever the order of its arguments, and only once', async () => {
  const { api, asked } = page([{ operation: 'search', arguments: { offset: 0, limit: 60, ...search }, result: { total: 7 } }]);
  const first = answeredFirst(api);
  expect(await first.call('search', { ...search, limit: 60, offset: 0 })).toEqual({ total: 7 });
  expect(asked).toEqual([]);
  expect(await first.call('search', { ...search, limit: 60, offset: 0 })).toEqual({ from: 'the kernel' });
});

test('a component can have it before it is drawn, and then it is given, too', async () => {
  const { api, asked } = page([{ operation: 'me', arguments: {}, result: { name: 'kim' } }]);
  const first = answeredFirst(api);
  expect(first.known?.('me', {})).toEqual({ name: 'kim' });
  expect(first.known?.('me', {})).toBeUndefined();
  await first.call('me', {});
  expect(asked).toEqual(['me']);
});

test('another question goes to the kernel', async () => {
  const { api } = page([{ operation: 'search', arguments: { ...search, limit: 60, offset: 0 }, result: { total: 7 } }]);
  expect(await answeredFirst(api).call('search', { ...search, query: 'ceria', limit: 60, offset: 0 })).toEqual({ from: 'the kernel' });
});

test('a widget that is at another facility than its server takes nothing from the page', async () => {
  const { api } = page([{ operation: 'me', arguments: {}, result: { name: 'somebody' } }]);
  expect(await answeredFirst({ ...api, address: undefined }).call('me', {})).toEqual({ from: 'the kernel' });
});
