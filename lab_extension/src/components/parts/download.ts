import type { Api } from '../../tokens';

// Path separators, what Windows forbids, and what is not seen: "exe.dm3" can be written to look like "3md.exe".
const UNSAFE = /[\\/:*?"<>|\p{Cc}\p{Cf}]/gu;

/** Saves one file of a dataset: straight from the server where the browser can reach it, else through the kernel. */
export async function download(api: Api, dataset: string, key: string): Promise<void> {
  const args = { dataset, key };
  const direct = await api.address?.('content', args);
  if (direct) {
    return save(direct, fileName(key));
  }
  const address = URL.createObjectURL(await api.bytes('content', args));
  save(address, fileName(key));
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** What a file of the store is called on a person's computer, whatever its instrument was made to write. */
export function fileName(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1).replace(UNSAFE, '_').replace(/^[. ]+|[. ]+$/g, '');
  return name || 'file';
}

function save(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
