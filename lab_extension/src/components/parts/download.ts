import type { Api } from '../../tokens';

/** Saves one file of a dataset: straight from the server where the browser can reach it, else through the kernel. */
export async function download(api: Api, dataset: string, key: string): Promise<void> {
  const args = { dataset, key };
  const name = key.split('/').pop() ?? key;
  if (api.address) {
    return save(api.address('content', args), name);
  }
  const address = URL.createObjectURL(await api.bytes('content', args));
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function save(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
