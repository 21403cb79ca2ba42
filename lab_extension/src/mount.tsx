/** Puts a component into an element. The JupyterLab bundle publishes this for the widgets (src/widget/stub.ts). */
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { COMPONENTS } from './components';
import { Lims } from './components/hooks';
import { Previews } from './components/previews';
import type { Api, Host } from './tokens';

export { UI_KEY } from './version';

const previewsOf = new WeakMap<Api, Previews>();

function previewsFor(api: Api): Previews {
  const previews = previewsOf.get(api) ?? new Previews(api);
  previewsOf.set(api, previews);
  return previews;
}

export function App({ component, api, host }: { component: string; api: Api; host: Host }): JSX.Element {
  const Component = COMPONENTS[component];
  const surroundings = React.useMemo(() => ({ api, host, previews: previewsFor(api) }), [api, host]);
  React.useEffect(() => {
    requestAnimationFrame(() => performance.mark('lims:first-paint'));
  }, []);
  return (
    <div className="lims-App" data-lims-component={component} data-lims-host={host.place} data-lims-layout={host.layout}
      onFocusCapture={event => event.target.setAttribute('data-lm-suppress-shortcuts', 'true')}>
      <Lims.Provider value={surroundings}>{Component ? <Component /> : <p>There is no component {component}.</p>}</Lims.Provider>
    </div>
  );
}

export function mount(element: HTMLElement, component: string, api: Api, host: Host): () => void {
  const root = createRoot(element);
  root.render(<App component={component} api={api} host={host} />);
  return () => root.unmount();
}
