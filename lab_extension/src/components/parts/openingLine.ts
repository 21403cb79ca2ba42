/** How to open a thing in Python. A notebook that lacks it gets `import lims` as well. */
export function openingLine(id: string): string {
  return id.startsWith('rec-') ? `record = lims.connect().record("${id}")` : `signal = lims.open("${id}")`;
}
