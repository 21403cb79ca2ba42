import { describe, expect, test } from 'vitest';

import { ApiError, asError, commApi, type CommModel, httpApi, requestOf, splitFrame } from '../src/api';
import { download, fileName } from '../src/components/parts/download';
import type { Api } from '../src/tokens';

describe('the HTTP form of an operation', () => {
  test('path arguments go into the path, the rest into the query', () => {
    expect(requestOf('dataset', { dataset: 'dat-1/2', metadata: false })).toEqual({ method: 'GET', path: '/datasets/dat-1%2F2?metadata=false', headers: {} });
  });

  test('a change has its arguments in the body and its key in a header', () => {
    const request = requestOf('note_session', { session: 'ses-1', text: 'a < b & "c"', request_key: 'k1' });
    expect(request.path).toBe('/sessions/ses-1/notes');
    expect(request.headers['Idempotency-Key']).toBe('k1');
    expect(JSON.parse(request.body ?? '')).toEqual({ text: 'a < b & "c"' });
  });

  test('a refusal keeps its kind, sentence and hint', async () => {
    const told = { error: { kind: 'Conflict', message: 'It is open.', hint: 'End it.' } };
    const api = httpApi(() => Promise.resolve(new Response(JSON.stringify(told), { status: 409 })));
    const error = await api.call('me', {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ kind: 'Conflict', message: 'It is open.', hint: 'End it.' });
  });

  test('an answer that is no JSON is still told as a sentence', async () => {
    const api = httpApi(() => Promise.resolve(new Response('<html>', { status: 502, statusText: 'Bad Gateway' })));
    await expect(api.call('me', {})).rejects.toMatchObject({ kind: 'Unavailable', message: 'The service answered 502 Bad Gateway.' });
  });
});

/** A kernel that answers through the same model to every view. */
class Kernel implements CommModel {
  readonly sent: { id: string; operation: string }[] = [];
  private readonly listeners = new Set<Parameters<CommModel['on']>[1]>();
  send(content: unknown): void {
    this.sent.push(content as { id: string; operation: string });
  }
  on(_event: 'msg:custom', heard: Parameters<CommModel['on']>[1]): void {
    this.listeners.add(heard);
  }
  off(_event: 'msg:custom', heard: Parameters<CommModel['on']>[1]): void {
    this.listeners.delete(heard);
  }
  answer(message: Parameters<Parameters<CommModel['on']>[1]>[0], buffers: DataView[] = []): void {
    this.listeners.forEach(heard => heard(message, buffers));
  }
}

describe('the comm', () => {
  test('two views of one model hear only their own answers', async () => {
    const kernel = new Kernel();
    const [first, second] = [commApi(kernel), commApi(kernel)];
    const asked = [first.call('record', { record: 'rec-1' }), second.call('record', { record: 'rec-2' })];
    kernel.answer({ re: kernel.sent[1].id, result: { id: 'rec-2' } });
    kernel.answer({ re: kernel.sent[0].id, result: { id: 'rec-1' } });
    expect((await Promise.all(asked)).map(one => one.id)).toEqual(['rec-1', 'rec-2']);
  });

  test('bytes come with their media type', async () => {
    const kernel = new Kernel();
    const asked = commApi(kernel).bytes('preview', { dataset: 'dat-1' });
    kernel.answer({ re: kernel.sent[0].id, result: { media_type: 'image/webp', name: 'a.webp' } }, [new DataView(new Uint8Array([1, 2, 3]).buffer)]);
    const blob = await asked;
    expect([blob.type, blob.size]).toEqual(['image/webp', 3]);
  });

  test('a refusal of the kernel is the same error as over HTTP', async () => {
    const kernel = new Kernel();
    const asked = commApi(kernel).call('me', {});
    kernel.answer({ re: kernel.sent[0].id, error: { kind: 'NotFound', message: 'No.', hint: '' } });
    await expect(asked).rejects.toMatchObject({ kind: 'NotFound', message: 'No.' });
  });
});

test('an error keeps its words where the transport and the components come from two bundles', () => {
  const other = Object.assign(new Error('a.dm3 is too large.'), { kind: 'Invalid', hint: 'Fetch it.' });
  expect(asError(other)).toBe(other);
  expect(asError(new TypeError('Failed to fetch'))).toMatchObject({ kind: 'Unavailable' });
});

describe('a download', () => {
  const content = { dataset: 'dat-1', key: 'Titan/a b.dm3' };
  const told = { error: { kind: 'NotFound', message: "No dataset 'dat-1'.", hint: '' } };
  const answering = (answer: () => Response): { api: Api; asked: { path: string; headers: Record<string, string> }[] } => {
    const asked: { path: string; headers: Record<string, string> }[] = [];
    const send = (request: { path: string; headers: Record<string, string> }): Promise<Response> => {
      asked.push(request);
      return Promise.resolve(answer());
    };
    return { api: httpApi(send, '/user/kim/lims/api'), asked };
  };

  test('has the address of the own server, of which one byte is asked first', async () => {
    const { api, asked } = answering(() => new Response('x', { status: 206 }));
    expect(await api.address?.('content', content)).toBe('/user/kim/lims/api/datasets/dat-1/content?key=Titan%2Fa+b.dm3');
    expect(asked[0].headers.Range).toBe('bytes=0-0');
  });

  test('of an empty file is one, too', async () => {
    const { api } = answering(() => new Response(null, { status: 416 }));
    expect(await api.address?.('content', content)).toContain('/datasets/dat-1/content');
  });

  test('that is refused is told in words', async () => {
    const { api } = answering(() => new Response(JSON.stringify(told), { status: 404 }));
    await expect(download(api, 'dat-1', content.key)).rejects.toMatchObject({ kind: 'NotFound', message: "No dataset 'dat-1'." });
  });

  test('asks the kernel where the server does not know the thing, and where there is no server', async () => {
    const { api } = answering(() => new Response(JSON.stringify(told), { status: 404 }));
    for (const server of [api, undefined]) {
      const kernel = new Kernel();
      const asked = download(commApi(kernel, server), 'dat-1', content.key);
      await expect.poll(() => kernel.sent.map(one => one.operation)).toEqual(['content']);
      const limit = { kind: 'Invalid', message: 'a b.dm3 is 300 MiB; through a notebook’s connection a file may have 256 MiB at most.' };
      kernel.answer({ re: kernel.sent[0].id, error: limit });
      await expect(asked).rejects.toMatchObject(limit);
    }
  });

  test.each([
    ['Titan/image 000.dm3', 'image 000.dm3'], ['../../.bashrc', 'bashrc'], ['a/..', 'file'], ['a\\..\\b:c.dm3', 'a_.._b_c.dm3'],
    ['a/exe\u202e3md.scr', 'exe_3md.scr'], ['new\nline"\u0000.tif', 'new_line__.tif'], ['a/ü β.tif ', 'ü β.tif']
  ])('of %j is saved as %j', (key, name) => expect(fileName(key)).toBe(name));
});

test('one frame holds many thumbnails, also those that are not there', async () => {
  const frame = new Uint8Array([3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 8, 9]);
  const images = splitFrame(frame.buffer);
  expect(images[1]).toBeNull();
  expect(new Uint8Array(await (images[0] as Blob).arrayBuffer())).toEqual(new Uint8Array([7, 8]));
  expect(new Uint8Array(await (images[2] as Blob).arrayBuffer())).toEqual(new Uint8Array([9]));
});
