/** The left panel: search and facets in a narrow column; a click or a drag puts a dataset into the notebook. */
import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';

import { memoryShared } from '../shared';
import { ComponentWidget } from './ComponentWidget';
import { limsIcon } from './icons';
import { serverApi } from './lims';
import { dragCell, followNotebooks, insertCell } from './notebook';

export const PANEL_ID = 'lims-records-panel';

export const panel: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-lims:panel',
  description: 'Search and previews at the left.',
  autoStart: true,
  optional: [ILabShell],
  activate: (app: JupyterFrontEnd, shell: ILabShell | null) => {
    if (!shell) {
      return;
    }
    followNotebooks(app);
    const widget = new ComponentWidget('RecordBrowser', serverApi(), {
      place: 'lab',
      layout: 'panel',
      shared: memoryShared(),
      insert: source => void insertCell(app, source),
      drag: (source, label, x, y) => dragCell(app, source, label, x, y),
      open: (id, title) => void app.commands.execute('lims:open', { id, title })
    });
    widget.id = PANEL_ID;
    widget.title.icon = limsIcon;
    widget.title.caption = 'Laboratory records';
    app.shell.add(widget, 'left', { rank: 300, type: 'LIMS' });
  }
};
