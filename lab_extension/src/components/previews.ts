/** Small previews, fetched many in one frame and kept as blob: addresses. */
import { splitFrame } from '../api';
import type { Api } from '../tokens';

const MOST_AT_ONCE = 120;
const MOST_KEPT = 1500;

export class Previews {
  private readonly known = new Map<string, string | null>();
  private readonly wanted = new Set<string>();
  private readonly heard = new Map<string, Set<() => void>>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly api: Api) {}

  /** An address; null where there is no preview; undefined while it is not known. */
  address(id: string): string | null | undefined {
    return this.known.get(id);
  }

  want(id: string, arrived: () => void): () => void {
    const listeners = this.heard.get(id) ?? new Set();
    this.heard.set(id, listeners.add(arrived));
    if (!this.known.has(id)) {
      this.wanted.add(id);
      this.timer ??= setTimeout(() => void this.fetch(), 0);
    }
    return () => {
      listeners.delete(arrived);
      this.wanted.delete(id);
    };
  }

  private async fetch(): Promise<void> {
    this.timer = undefined;
    const ids = [...this.wanted].slice(0, MOST_AT_ONCE);
    ids.forEach(id => this.wanted.delete(id));
    if (this.wanted.size) {
      this.timer = setTimeout(() => void this.fetch(), 0);
    }
    if (ids.length) {
      const images = await this.ask(ids);
      ids.forEach((id, index) => this.keep(id, images[index] ?? null));
    }
  }

  private async ask(ids: string[]): Promise<(Blob | null)[]> {
    try {
      return splitFrame(await (await this.api.bytes('thumbnails', { ids })).arrayBuffer());
    } catch {
      // Without the picture the tile still has its name; the list itself reports what is wrong.
      return [];
    }
  }

  private keep(id: string, image: Blob | null): void {
    this.known.set(id, image && URL.createObjectURL(image));
    if (this.known.size > MOST_KEPT) {
      this.forget();
    }
    this.heard.get(id)?.forEach(arrived => arrived());
  }

  private forget(): void {
    for (const [id, address] of this.known) {
      if (!this.heard.get(id)?.size) {
        this.known.delete(id);
        this.heard.delete(id);
        if (address) {
          URL.revokeObjectURL(address);
        }
        return;
      }
    }
  }
}
