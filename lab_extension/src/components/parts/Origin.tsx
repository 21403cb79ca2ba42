/** Where things come from. The layout of a graph is a quarter of all code, and a run has much to tell: both come when they are opened. */
import { later } from '../later';

export const LineageOf = later(async () => (await import('../origin')).LineageOf);
export const RunDetail = later(async () => (await import('../origin')).RunDetail);
