/** Lends the components to the widgets of notebooks and of Voilà pages. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { mount, UI_KEY } from '../mount';

export const publish: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-lims:publish',
  description: 'Lends the components to the widgets of notebooks and of Voilà pages.',
  autoStart: true,
  activate: () => {
    (globalThis as unknown as Record<symbol, unknown>)[UI_KEY] = { mount };
  }
};
