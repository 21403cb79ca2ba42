/**
 * The components for the pages of the server extension, published before a widget looks for them.
 * A classic script: JupyterHub refuses a page's own module requests, which cannot carry its XSRF token.
 */
import { answeredFirst } from '../first';
import { mount, UI_KEY } from '../mount';

const mountAnswered: typeof mount = (element, component, api, host) => mount(element, component, answeredFirst(api), host);
(globalThis as unknown as Record<symbol, unknown>)[UI_KEY] = { mount: mountAnswered };
