/** The plug-ins of the JupyterLab extension. */
import { documents } from './lab/documents';
import { panel } from './lab/panel';
import { publish } from './lab/publish';
import { status } from './lab/status';

export default [publish, panel, documents, status];
