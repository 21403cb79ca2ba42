/** What components ask first, answered by the server together with the page. */
import type { Api } from './tokens';

interface Answered {
  operation: string;
  arguments: Record<string, unknown>;
  result: unknown;
}
/** A question that comes later wants news. */
const FRESH_MS = 30_000;

function keyOf(operation: string, args: object): string {
  return JSON.stringify([operation, ...Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** `api`, but what the page already says is not asked. Each answer is given once. */
export function answeredFirst(api: Api): Api {
  const element = document.getElementById('lims-first');
  // Without the server's address the widget is at another facility than its server.
  if (!element || !api.address) {
    return api;
  }
  element.remove();
  const told = JSON.parse(element.textContent ?? '[]') as Answered[];
  const left = new Map(told.map(one => [keyOf(one.operation, one.arguments), one.result]));
  const take = (operation: string, args: object): unknown => {
    const key = keyOf(operation, args);
    const result = performance.now() > FRESH_MS ? undefined : left.get(key);
    left.delete(key);
    return result;
  };
  return {
    ...api,
    known: (operation, args) => take(operation, args) as never,
    call: (operation, args) => {
      const result = take(operation, args);
      return result === undefined ? api.call(operation, args) : Promise.resolve(result as never);
    }
  };
}
