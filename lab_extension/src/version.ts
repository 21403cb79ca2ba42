/** The widgets' stub borrows the interface of exactly its own version. The same number as in package.json. */
export const VERSION = '0.1.0';
export const UI_KEY = Symbol.for(`jupyter-lims.ui@${VERSION}`);
