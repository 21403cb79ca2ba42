/** What the plug-ins share: the transport to this server, and one browser panel's idea of the notebook. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { httpApi, type Send } from '../api';
import type { Api } from '../tokens';

export function serverApi(): Api {
  const settings = ServerConnection.makeSettings();
  const root = URLExt.join(settings.baseUrl, 'lims/api');
  // With its own "no-store", JupyterLab adds a number to every address, which the service does not know as an argument.
  const send: Send = ({ path, ...init }) => ServerConnection.makeRequest(root + path, { ...init, cache: 'no-cache' }, settings);
  return httpApi(send, root);
}

/** Where a dashboard lives on this server. */
export function dashboardAddress(name: string): string {
  return URLExt.join(ServerConnection.makeSettings().baseUrl, 'lims/dashboards', name);
}
