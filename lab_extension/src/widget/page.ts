/**
 * The components for the pages of the server extension, published before a widget looks for them.
 * A classic script: JupyterHub refuses a page's own module requests, which cannot carry its XSRF token.
 */
import { mount, UI_KEY } from '../mount';

(globalThis as unknown as Record<symbol, unknown>)[UI_KEY] = { mount };
