/** Everything in one module, React included, for pages where the JupyterLab extension is not loaded. */
export { mount } from '../mount';
