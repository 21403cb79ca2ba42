/** Cells for datasets: inserted below the active cell, or dragged to where they shall be. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';
import type { Widget } from '@lumino/widgets';

const CELLS = 'application/vnd.jupyter.cells';
const IMPORT = 'import lims';

/** A notebook as far as it is needed here. Depending on `@jupyterlab/notebook` pulls in a version that is not published. */
interface NotebookPanel extends Widget {
  context: { ready: Promise<void> };
  content: { widgets: readonly { model: { type: string; sharedModel: { getSource(): string } } }[] };
}

let latest: NotebookPanel | null = null;

function isNotebook(widget: Widget | null): widget is NotebookPanel {
  return widget?.hasClass('jp-NotebookPanel') ?? false;
}

/** Remember which notebook was used last: a click in the panel moves the focus away from it. */
export function followNotebooks(app: JupyterFrontEnd): void {
  const look = (): void => {
    if (isNotebook(app.shell.currentWidget)) {
      latest = app.shell.currentWidget;
    }
  };
  app.shell.currentChanged?.connect(look);
  look();
}

function activeNotebook(app: JupyterFrontEnd): NotebookPanel | null {
  const open = [...app.shell.widgets('main')].filter(isNotebook);
  return open.find(one => one === latest && !one.isDisposed) ?? open.find(one => one.isVisible) ?? null;
}

function imports(notebook: NotebookPanel): boolean {
  return notebook.content.widgets.some(
    cell => cell.model.type === 'code' && /^\s*import lims\b/m.test(cell.model.sharedModel.getSource())
  );
}

function withImport(source: string, notebook: NotebookPanel | null): string {
  return notebook && imports(notebook) ? source : `${IMPORT}\n\n${source}`;
}

async function newNotebook(app: JupyterFrontEnd): Promise<NotebookPanel> {
  const made = (await app.commands.execute('notebook:create-new', { activate: true, kernelName: 'python3' })) as NotebookPanel;
  await made.context.ready;
  return made;
}

function isEmpty(notebook: NotebookPanel): boolean {
  const cells = notebook.content.widgets;
  return cells.length === 1 && cells[0].model.sharedModel.getSource() === '';
}

export async function insertCell(app: JupyterFrontEnd, source: string): Promise<void> {
  const notebook = activeNotebook(app) ?? (await newNotebook(app));
  const text = withImport(source, notebook);
  app.shell.activateById(notebook.id);
  if (!isEmpty(notebook)) {
    await app.commands.execute('notebook:insert-cell-below');
  }
  await app.commands.execute('notebook:replace-selection', { text });
}

export function dragCell(app: JupyterFrontEnd, source: string, label: string, x: number, y: number): void {
  const text = withImport(source, activeNotebook(app));
  const mimeData = new MimeData();
  mimeData.setData(CELLS, [{ cell_type: 'code', source: text, metadata: {}, outputs: [], execution_count: null }]);
  mimeData.setData('text/plain', text);
  const dragImage = document.createElement('div');
  dragImage.className = 'lims-DragImage';
  dragImage.textContent = label;
  const drag = new Drag({ mimeData, dragImage, proposedAction: 'copy', supportedActions: 'copy-move', source: null });
  void drag.start(x, y).then(() => drag.dispose());
}
