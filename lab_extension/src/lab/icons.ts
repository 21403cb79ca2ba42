/** The one icon that JupyterLab has not: a microscope. */
import { LabIcon } from '@jupyterlab/ui-components';

export const limsIcon = new LabIcon({
  name: 'lims:microscope',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" d="M9.5 2h4v2l-.5.5v7.5h-3V4.5L9.5 4Zm5 4.5c3.6.7 6 3.6 6 7 0 2.1-.9 4-2.4 5.3H21V21H3v-2.2h9.8c3-.2 5.4-2.5 5.4-5.3 0-2.3-1.5-4.2-3.7-4.9ZM6 13.5h11V15H6Z"/></svg>`
});
