/** The only code that talks to the network: operations over HTTP, or over a kernel's comm. */
import { OPERATIONS } from './operations';
import type { Api } from './tokens';

const COMM_TIMEOUT_MS = 60_000;
/** A whole file takes its time through a kernel. */
const CONTENT_TIMEOUT_MS = 15 * 60_000;
const NOTHING_THERE = 416;

/** What went wrong, to which thing, and what to do about it. kind: Invalid, NotFound, Conflict, Forbidden, Unavailable. */
export class ApiError extends Error {
  constructor(
    readonly kind: string,
    message: string,
    readonly hint = ''
  ) {
    super(message);
  }
}

export function asError(reason: unknown): ApiError {
  // A widget's stub and the components it borrows come with one ApiError each.
  if (reason instanceof Error && 'kind' in reason) {
    return reason as ApiError;
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ApiError('Unavailable', `The laboratory's service cannot be reached: ${message.replace(/\.$/, '')}.`, 'It is tried again.');
}

type Given = Record<string, unknown>;
export interface Request {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}
/** Sends a request to the API's root plus `path`; signed in as the page is. */
export type Send = (request: Request) => Promise<Response>;

/** The HTTP form of an operation. Path arguments go into the path, the rest into query (GET, DELETE) or JSON body. */
export function requestOf(operation: string, args: Given): Request {
  const [method, template] = (OPERATIONS as Record<string, readonly [string, string]>)[operation];
  const { request_key: key, ...rest } = args;
  const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': String(key) };
  const left = Object.entries(rest).filter(([name, value]) => value !== undefined && !template.includes(`{${name}}`));
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(rest[name])));
  if (method === 'GET' || method === 'DELETE') {
    const given = left.filter(([, value]) => value !== null);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return { method, path: query ? `${path}?${query}` : path, headers };
  }
  return {
    method,
    path,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(left))
  };
}

async function errorOf(response: Response): Promise<ApiError> {
  const told = (await response.json().catch(() => null)) as { error?: { kind: string; message: string; hint?: string } } | null;
  if (told?.error) {
    return new ApiError(told.error.kind, told.error.message, told.error.hint);
  }
  return new ApiError('Unavailable', `The service answered ${response.status} ${response.statusText}.`, 'Try again.');
}

export function httpApi(send: Send, root?: string): Api {
  const ask = async (operation: string, args: Given): Promise<Response> => {
    const response = await send(requestOf(operation, args));
    if (!response.ok) {
      throw await errorOf(response);
    }
    return response;
  };
  return {
    call: async (operation, args) => (await ask(operation, args)).json(),
    bytes: async (operation, args) => (await ask(operation, args)).blob(),
    // One byte is asked for first: what is wrong is then said in words, and not by a file that does not arrive.
    address: root === undefined ? undefined : async (operation, args) => {
      const { headers, ...request } = requestOf(operation, args);
      const response = await send({ ...request, headers: { ...headers, Range: 'bytes=0-0' } });
      if (!response.ok && response.status !== NOTHING_THERE) {
        throw await errorOf(response);
      }
      void response.body?.cancel();
      return root + request.path;
    }
  };
}

/** The API at an address of this page's own server, as the person who is signed in there. */
export function pageApi(root: string): Api {
  const token = /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
  const send: Send = ({ path, headers, ...init }) => fetch(root + path, { ...init, headers: { ...headers, 'X-XSRFToken': token }, cache: 'no-cache' });
  return httpApi(send, root);
}

interface Answer {
  re: string;
  result?: unknown;
  error?: { kind: string; message: string; hint?: string };
}
/** The part of an anywidget model that a transport needs. */
export interface CommModel {
  send(content: unknown): void;
  on(event: 'msg:custom', heard: (answer: Answer, buffers: DataView[]) => void): void;
  off(event: 'msg:custom', heard: (answer: Answer, buffers: DataView[]) => void): void;
}
interface Waiting {
  settle(answer: Answer, buffers: DataView[]): void;
  timer: ReturnType<typeof setTimeout>;
}

export interface Comm extends Api {
  ask(operation: string, args: Given): Promise<unknown>;
  dispose(): void;
}

/** server: the same facility over HTTP where the page knows it, for what is too large for a comm. */
export function commApi(model: CommModel, server?: Api): Comm {
  const tag = Math.random().toString(36).slice(2);
  const waiting = new Map<string, Waiting>();
  let count = 0;
  const heard = (answer: Answer, buffers: DataView[]): void => {
    const asker = waiting.get(answer?.re);
    // Another view of the same model hears the answers too.
    if (asker) {
      waiting.delete(answer.re);
      clearTimeout(asker.timer);
      asker.settle(answer, buffers);
    }
  };
  model.on('msg:custom', heard);
  const ask = (operation: string, args: Given): Promise<{ result: unknown; buffers: DataView[] }> =>
    new Promise((resolve, reject) => {
      const id = `${tag}-${++count}`;
      const timeoutMs = operation === 'content' ? CONTENT_TIMEOUT_MS : COMM_TIMEOUT_MS;
      const late = new ApiError('Unavailable', `The kernel did not answer ${operation} within ${timeoutMs / 60_000} min.`, 'Is it still running?');
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(late);
      }, timeoutMs);
      waiting.set(id, {
        timer,
        settle: ({ result, error }, buffers) =>
          error ? reject(new ApiError(error.kind, error.message, error.hint)) : resolve({ result, buffers })
      });
      model.send({ id, operation, arguments: args });
    });
  return {
    ask: async (operation, args) => (await ask(operation, args)).result,
    call: async (operation, args) => (await ask(operation, args)).result as never,
    bytes: async (operation, args) => {
      const { result, buffers } = await ask(operation, args);
      return new Blob(buffers as BlobPart[], { type: (result as { media_type: string }).media_type });
    },
    // The kernel may be at another facility than its server: what the server does not give, the kernel is asked for.
    address: server?.address && ((operation, args) => server.address?.(operation, args).catch(() => null) ?? Promise.resolve(null)),
    dispose: () => {
      model.off('msg:custom', heard);
      waiting.forEach(asker => clearTimeout(asker.timer));
      waiting.clear();
    }
  };
}

/** The images of one `thumbnails` answer: uint32 count, count x uint32 length, then the blobs, little endian. */
export function splitFrame(frame: ArrayBuffer): (Blob | null)[] {
  const view = new DataView(frame);
  const count = view.getUint32(0, true);
  let start = 4 + 4 * count;
  return Array.from({ length: count }, (_, index) => {
    const length = view.getUint32(4 + 4 * index, true);
    const image = length ? new Blob([new Uint8Array(frame, start, length)], { type: 'image/webp' }) : null;
    start += length;
    return image;
  });
}
